"""What is wrong with a configuration: where, which value, which bound, and the fix."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True)
class Problem:
    """One thing to correct.

    >>> print(Problem("topology.yaml", "topology.scaling.min", "9", "more than scaling.max = 4", "Lower it"))
    topology.yaml: topology.scaling.min = 9: more than scaling.max = 4. Lower it.
    """

    source: str
    """The file, such as `topology.yaml`; empty where there is none."""

    path: str
    """The setting, such as `topology.scaling.max`."""

    value: str | None
    """The value as written; None where it is absent, a collection, or may be a secret."""

    message: str
    """The bound that it breaks, without a full stop."""

    fix: str
    """What to do, without a full stop."""

    def __str__(self) -> str:
        source = f"{self.source}: " if self.source else ""
        value = "" if self.value is None else f" = {self.value}"
        stop = "" if self.fix.endswith("?") else "."
        return f"{source}{self.path}{value}: {self.message}. {self.fix}{stop}"


class ConfigurationError(Exception):
    """A user's mistake; `str()` is the whole text to show, one problem a line, sorted."""

    def __init__(self, problems: Iterable[Problem]) -> None:
        self.problems = sorted(set(problems), key=str)
        super().__init__("\n".join(map(str, self.problems)))
