"""SCALE-201: the bounds of real autoscalers."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import AUTOSCALERS
from agno_ha_policies.kubernetes.pods import bounds, paths
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules.scale_001_bounds import ScalingBounds
from agno_ha_policies.view import View, digits


def check(view: View[ScalingBounds]) -> Iterator[Violation]:
    """Compare both numbers with the bounds."""
    low, high = bounds(view)
    least, largest = paths(view)
    if low is not None and low < view.bounds.floor:
        yield view.violation(
            least,
            f"{digits(low)} is below the floor of {view.bounds.floor}. Raise it to {view.bounds.floor}.",
        )
    if high is not None and high > view.bounds.ceiling:
        yield view.violation(
            largest,
            f"{digits(high)} is above the ceiling of {view.bounds.ceiling}. Lower it, or raise this rule's ceiling.",
        )


RULE = ResourceRule(
    id="SCALE-201",
    title="Autoscalers on Kubernetes stay within bounds",
    severity="critical",
    rationale="What runs is what the autoscaler may make of it: with one instance every failure and every "
    "roll is an outage, without a ceiling a runaway autoscaler takes machines and database down with it.",
    remediation="Set the autoscaler's least and largest number; for an AgnoService, scaling.min and "
    "scaling.max.",
    bounds=ScalingBounds,
    presets={"dev": ScalingBounds(floor=1, ceiling=10)},
    types=AUTOSCALERS,
    check=check,
)
