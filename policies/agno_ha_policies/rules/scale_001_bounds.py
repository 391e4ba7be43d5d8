"""SCALE-001: the facts' scaling bounds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from agno_ha.topology.base import Between, Conflict, Whole

from agno_ha_policies.model import SERVICE, Bounds, ResourceRule, Violation
from agno_ha_policies.view import View, digits

_Instances = Annotated[Whole, Between(1, 1000)]


class ScalingBounds(Bounds):
    """How far scaling may go."""

    floor: _Instances = 2
    """Least value of min: below 2 a single failure is an outage."""

    ceiling: _Instances = 50
    """Largest value of max: what the budget for machines and connections was made for."""

    def conflicts(self) -> Iterator[Conflict]:
        """Bounds in order."""
        if self.floor > self.ceiling:
            yield Conflict("floor", f"more than ceiling = {self.ceiling}", "Lower it, or raise ceiling")


def check(service: View[ScalingBounds]) -> Iterator[Violation]:
    """Compare min and max with the bounds and with each other."""
    bounds = service.bounds
    environment = service.text("environment")  # it chooses the bounds, so it has to be known
    minimum, maximum = service.number("min"), service.number("max")
    if minimum is not None and minimum < bounds.floor:
        yield service.violation(
            "min",
            f"scaling.min = {digits(minimum)} is below the floor of {bounds.floor} in "
            f"{environment or 'prod'}. Raise scaling.min to {bounds.floor}.",
        )
    if maximum is not None and maximum > bounds.ceiling:
        yield service.violation(
            "max",
            f"scaling.max = {digits(maximum)} is above the ceiling of {bounds.ceiling}. Lower scaling.max to "
            f"{bounds.ceiling}, or raise this rule's ceiling.",
        )
    if minimum is not None and maximum is not None and minimum > maximum:
        yield service.violation(
            "max",
            f"scaling.max = {digits(maximum)} is below scaling.min = {digits(minimum)}. Raise scaling.max "
            "or lower scaling.min.",
        )


RULE = ResourceRule(
    id="SCALE-001",
    title="Scaling stays within bounds",
    severity="critical",
    rationale="With one instance every failure and every roll is an outage; without a ceiling a wrong "
    "number or a runaway autoscaler takes the machines and the database down with it.",
    remediation="Set scaling.min and scaling.max in topology.yaml or in the stack's overrides.",
    bounds=ScalingBounds,
    presets={"dev": ScalingBounds(floor=1, ceiling=10)},
    types=frozenset({SERVICE}),
    check=check,
)
