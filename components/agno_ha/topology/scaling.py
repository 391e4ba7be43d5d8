"""How many web instances run, and what adds or removes one."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from pydantic import Field

from agno_ha.topology.base import Between, Conflict, Section, Whole
from agno_ha.topology.units import HOUR, Duration, duration_text

_Percent = Annotated[float, Between(10, 100)]
_Cooldown = Annotated[Duration, Between(0, HOUR, duration_text)]


class Cooldown(Section):
    """The pause after a scaling step."""

    out: _Cooldown = 60.0
    """After adding instances; default 60s, long enough for a new one to start and take load."""

    in_: _Cooldown = Field(default=300.0, alias="in")
    """After removing instances; default 300s, so that a short lull does not end what is soon needed again."""


class Scaling(Section):
    """Bounds and targets of autoscaling."""

    min: Annotated[Whole, Between(1, 1000)] = 2
    """Instances that always run, on Docker all that run; default 2, so that one may fail."""

    max: Annotated[Whole, Between(1, 1000)] = 4
    """Instances at most; default 4. The connection budget is checked for it, with its surge while rolling."""

    cpu: _Percent | None = 70.0
    """Average CPU in percent of `app.cpu` above which instances are added; default 70; null: off."""

    memory: _Percent | None = 80.0
    """Average memory in percent of `app.memory` above which instances are added; default 80; null: off."""

    requests_per_second: Annotated[float, Between(0.1, 100_000)] | None = None
    """Requests per instance and second above which instances are added; default null: off, measure first."""

    cooldown: Cooldown = Field(default_factory=Cooldown)
    """Pauses between scaling steps."""

    def conflicts(self) -> Iterator[Conflict]:
        """Bounds in order, and something that scales between them."""
        if self.min > self.max:
            yield Conflict(
                "min", f"more than scaling.max = {self.max}", "Lower scaling.min or raise scaling.max"
            )
        elif self.min < self.max and (self.cpu, self.memory, self.requests_per_second) == (None, None, None):
            yield Conflict(
                "max",
                f"nothing scales from scaling.min = {self.min} to it, every target is off",
                "Set scaling.cpu, memory or requestsPerSecond, or make scaling.min and max equal",
            )
