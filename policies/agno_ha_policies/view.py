"""A resource as a rule reads it: what can't be read is kept, and becomes a finding of its own."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any, Generic, TypeVar

from agno_ha_policies.model import UNKNOWN, B, Resource, Unread, Violation

T = TypeVar("T")

_REQUIRED: Any = object()


class View(Generic[B]):
    """One resource, the rule's bounds for its environment, and the AgnoService that it belongs to.

    Every reader returns None for what can't be read and remembers its path, so that a rule goes on with the
    rest. What a rule reads must not depend on its bounds.
    """

    def __init__(
        self, resource: Resource, bounds: B, owner: Resource | None, unreadable: dict[tuple[str, str], Unread]
    ) -> None:
        self.resource = resource
        self.bounds = bounds
        self.owner: View[B] | None = View(owner, bounds, None, unreadable) if owner is not None else None
        """The nearest AgnoService above; None outside of one."""
        self._unreadable = unreadable

    def showing(self, resource: Resource) -> View[B]:
        """Return a view of the same resource with other properties, as of another container of its pods."""
        made = View(resource, self.bounds, None, self._unreadable)
        made.owner = self.owner
        return made

    @property
    def name(self) -> str:
        """Logical name."""
        return self.resource.name

    def violation(self, path: str, message: str) -> Violation:
        """Return a violation at a property of this resource."""
        return Violation(self.resource.urn, self._named(path), message)

    def unreadable(self, path: str, reason: str, *, soon: bool = False) -> None:
        """Say that a property can't be read; the reason must not hold its value. `soon`: as `Unread` has it."""
        self._unreadable.setdefault((self.resource.urn, self._named(path)), Unread(reason, soon))

    def known(self, path: str, default: Any) -> Any:
        """Return what stands at a dotted path, `UNKNOWN` included; `default` where nothing does."""
        value, _ = self._walk(path)
        return default if value is None else value

    def value(self, path: str, default: Any = _REQUIRED) -> Any:
        """Return what stands at a dotted path; `default` where nothing does."""
        value, reached = self._walk(path)
        if value is UNKNOWN:
            self.unreadable(reached, "is not known yet")
            return None
        if value is None and default is _REQUIRED:
            self.unreadable(path, "is missing")
            return None
        return default if value is None else value

    def number(self, path: str, default: float = _REQUIRED) -> float | None:
        """Return a finite number; a text of digits, as in environment variables, is one too."""
        value = self.value(path, default)
        if value is None:
            return None
        try:
            number = math.nan if isinstance(value, bool) else float(value)
        except (TypeError, ValueError):
            number = math.nan
        if math.isfinite(number):
            return number
        self.unreadable(path, "is not a number")
        return None

    def text(self, path: str, default: str = _REQUIRED) -> str | None:
        """Return a text."""
        return self._of(str, "text", path, default)

    def flag(self, path: str, default: bool = _REQUIRED) -> bool | None:
        """Return true or false."""
        return self._of(bool, "true or false", path, default)

    def mapping(self, path: str) -> Mapping[str, Any] | None:
        """Return a map, empty where there is none; its values may be `UNKNOWN`."""
        return self._of(dict, "a map", path, {})

    def items(self, path: str) -> Sequence[Any] | None:
        """Return a list, empty where there is none; its entries may be `UNKNOWN`."""
        return self._of(list, "a list", path, [])

    def _named(self, path: str) -> str:
        """Return a path as the program has it."""
        for known in sorted(self.resource.named, key=len, reverse=True):
            if path == known or path.startswith(f"{known}."):
                return f"{self.resource.named[known]}{path[len(known) :]}".lstrip(".")
        return path

    def _walk(self, path: str) -> tuple[Any, str]:
        current: Any = self.resource.props
        walked: list[str] = []
        for part in path.split("."):
            if isinstance(current, Mapping):
                current = current.get(part)
            elif isinstance(current, list) and part.isdecimal() and int(part) < len(current):
                current = current[int(part)]
            else:
                return None, path
            walked.append(part)
            if current is UNKNOWN:
                break
        return current, ".".join(walked)

    def _of(self, kind: type[T], what: str, path: str, default: Any) -> T | None:
        value = self.value(path, default)
        if isinstance(value, kind):
            return value
        if value is not None:
            self.unreadable(path, f"is not {what}")
        return None


def plural(count: float, noun: str) -> str:
    """Return `1 instance`, `2 instances`.

    >>> plural(1.0, "connection"), plural(2.5, "connection")
    ('1 connection', '2.5 connections')
    """
    return f"{digits(count)} {noun}{'' if count == 1 else 's'}"


def digits(number: float) -> str:
    """Return a number without the `.0` that Pulumi's wire adds.

    >>> digits(4.0), digits(2.5), digits(12345678.0)
    ('4', '2.5', '12345678')
    """
    return str(int(number)) if number == int(number) else str(number)


def siblings(views: Sequence[View[B]]) -> list[list[View[B]]]:
    """Group resources by their AgnoService; those outside of one are one group: that of the whole program."""
    groups: dict[str, list[View[B]]] = {}
    for view in views:
        groups.setdefault(view.owner.resource.urn if view.owner else "", []).append(view)
    return list(groups.values())


def beside(view: View[Any], others: Sequence[View[B]]) -> list[View[B]]:
    """Return those that a component of the program has put together with a resource; all, where none has."""
    parent = view.resource.parent
    together = parent and "::pulumi:pulumi:Stack::" not in parent
    near = [other for other in others if other.resource.parent == parent] if together else []
    return near or list(others)
