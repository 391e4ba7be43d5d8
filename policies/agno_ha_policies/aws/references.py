"""Which resource beside it a property means."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agno_ha_policies.view import View


def meant(view: View[Any], path: str, choices: Sequence[View[Any]], name: str) -> list[View[Any]]:
    """Return the choice that an ARN or an id names or, where that is not known yet, is made of.

    None where it names something else; several, and said, where it can't be told.
    """
    value, found = view.known(path, None), list(choices)
    if isinstance(value, str):
        last = value.rpartition("/")[2].partition(":")[0]
        found = [each for each in choices if each.known(name, each.name) == last]
    if len(found) != 1:
        parts = view.resource.made_of.get(path, ())
        found = [each for each in found or choices if each.resource.urn in parts] or found
    if len(found) > 1:
        view.unreadable(path, "does not tell which of those beside it is meant")
    return found
