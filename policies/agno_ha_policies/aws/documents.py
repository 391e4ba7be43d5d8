"""Policy documents of IAM."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from agno_ha_policies.view import View


class Statement(NamedTuple):
    """One statement that allows something."""

    path: str
    """Of the statement in its resource."""
    data: Mapping[str, Any]

    @property
    def actions(self) -> list[str]:
        """What it allows; may have wildcards."""
        return _texts(self.data.get("Action"))

    @property
    def all_but(self) -> bool:
        """Whether it allows everything but what it names."""
        return "NotAction" in self.data

    @property
    def resources(self) -> list[str]:
        """On what."""
        return _texts(self.data.get("Resource"))

    @property
    def principals(self) -> list[str]:
        """To whom, of AWS's accounts and users; `*` is everybody."""
        given = self.data.get("Principal")
        return _texts(given.get("AWS")) if isinstance(given, Mapping) else _texts(given)

    @property
    def conditional(self) -> bool:
        """Whether it holds only where something else does too."""
        return bool(self.data.get("Condition"))


def statements(view: View[Any], path: str) -> Iterator[Statement]:
    """Yield the statements of a document that allow something; none, and said, where it can't be read."""
    document = view.value(path, "{}")
    if isinstance(document, str):
        try:
            document = json.loads(document)
        except ValueError:
            document = ""
    if not isinstance(document, Mapping):
        if document is not None:
            view.unreadable(path, "is not a policy document")
        return
    given = document.get("Statement")
    for index, each in enumerate(given if isinstance(given, list) else [given]):
        if isinstance(each, Mapping) and each.get("Effect") == "Allow":
            yield Statement(f"{path}.Statement.{index}", each)


def _texts(value: Any) -> list[str]:
    return [each for each in (value if isinstance(value, list) else [value]) if isinstance(each, str)]
