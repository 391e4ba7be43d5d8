"""SCALE-002: the targets that add and remove instances."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from agno_ha.topology.base import Between, Conflict

from agno_ha_policies.model import SERVICE, Bounds, ResourceRule, Violation
from agno_ha_policies.view import View, digits

_Percent = Annotated[float, Between(1, 100)]


class Targets(Bounds):
    """Sane targets, in percent of what an instance has."""

    lowest: _Percent = 30.0
    """Below it instances run almost idle."""

    highest: _Percent = 85.0
    """Above it there is no room for the load that comes while a new instance starts."""

    def conflicts(self) -> Iterator[Conflict]:
        """Bounds in order."""
        if self.lowest > self.highest:
            yield Conflict("lowest", f"more than highest = {self.highest:g}", "Lower it, or raise highest")


def check(service: View[Targets]) -> Iterator[Violation]:
    """Compare the targets with the bounds, where there is something to scale."""
    bounds = service.bounds
    minimum, maximum = service.number("min"), service.number("max")
    if minimum is None or maximum is None or minimum >= maximum:
        return
    targets = {
        "scaleCpu": ("scaling.cpu", service.number("scaleCpu")),
        "scaleMemory": ("scaling.memory", service.number("scaleMemory")),
    }
    for path, (setting, value) in targets.items():
        if value and not bounds.lowest <= value <= bounds.highest:
            yield service.violation(
                path,
                f"{setting} = {digits(value)} is not between {digits(bounds.lowest)} and "
                f"{digits(bounds.highest)} percent. Set it between the two, or to null.",
            )
    requests = service.number("scaleRequests")
    if requests == 0 and all(value == 0 for _, value in targets.values()):
        yield service.violation(
            "max",
            f"nothing scales from {digits(minimum)} to {digits(maximum)} instances: every target is off. Set "
            "scaling.cpu, memory or requestsPerSecond, or make scaling.min and max equal.",
        )


RULE = ResourceRule(
    id="SCALE-002",
    title="Scaling targets leave room",
    severity="high",
    rationale="With a target near 100% the instances are overloaded before new ones serve; with a low one the "
    "service pays for idle instances and never shrinks.",
    remediation="Set scaling.cpu and scaling.memory in topology.yaml or in the stack's overrides.",
    bounds=Targets,
    types=frozenset({SERVICE}),
    check=check,
)
