"""Parameter groups of RDS and ElastiCache."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from agno_ha_policies.model import UNKNOWN
from agno_ha_policies.view import View


def parameter(view: View[Any], name: str) -> tuple[str, str] | None:
    """Return the path and the text of a parameter; None where the group does not set it, or it can't be read."""
    for index, each in enumerate(view.items("parameters") or []):
        if isinstance(each, Mapping) and each.get("name") == name:
            path = f"parameters.{index}.value"
            text = view.text(path)
            return None if text is None else (path, text)
    return None


def sets(view: View[Any], name: str) -> bool:
    """Whether the group may set a parameter: it does, or what it sets can't be read."""
    given = view.known("parameters", [])
    return not isinstance(given, list) or any(
        not isinstance(each, Mapping) or each.get("name") in (name, UNKNOWN) for each in given
    )


def is_own(view: View[Any], path: str) -> bool:
    """Whether a server names no parameter group, or one of AWS's own."""
    name = view.known(path, "default.")
    return isinstance(name, str) and name.startswith("default.")


def whole(view: View[Any], name: str) -> tuple[str, int] | None:
    """Return the path and the number of a parameter; likewise."""
    found = parameter(view, name)
    if found is None or found[1].isdecimal():
        return None if found is None else (found[0], int(found[1]))
    view.unreadable(found[0], "is not a whole number")
    return None
