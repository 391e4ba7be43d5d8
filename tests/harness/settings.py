"""One setting changed alone, and what the engine must then touch."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from concurrent.futures import ThreadPoolExecutor
from typing import Any, NamedTuple

from harness.project import Project

UPDATE, REPLACE, CREATE, DELETE = "update", "replace", "create", "delete"


def every(operation: str, kind: str, *names: str) -> dict[str, str]:
    """Return the steps of several resources of a kind."""
    return {f"agno-{name} ({kind})": operation for name in names}


class Case(NamedTuple):
    """One setting with another value."""

    path: str
    value: Any
    touches: Mapping[str, str]
    """Resource → operation; exactly these."""

    @property
    def change(self) -> dict[str, Any]:
        """The part of the stack file."""
        made: Any = self.value
        for key in reversed(self.path.split(".")):
            made = {key: made}
        return dict(made)


def unexpected(project: Project, cases: Iterable[Case]) -> dict[str, Any]:
    """Preview each case; return those that touch something else than they should."""

    def seen(case: Case) -> dict[str, str] | str:
        try:
            return project.preview(case.change)
        except AssertionError as error:  # the others are tried nevertheless
            return str(error)[-1500:]

    tried = list(cases)
    with ThreadPoolExecutor(2) as pool:
        return {
            f"{case.path}={case.value}": {"expected": dict(case.touches), "seen": found}
            for case, found in zip(tried, pool.map(seen, tried), strict=True)
            if found != case.touches
        }


def not_refused(project: Project, changes: Mapping[str, Mapping[str, Any]]) -> dict[str, str]:
    """Preview each change that would lose data; return those that nothing protects from, with what was said."""
    refusals = ("it is protected", "marked for protection")
    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(changes, pool.map(project.refused, changes.values()), strict=True))
    return {name: said for name, said in found.items() if not any(text in said for text in refusals)}
