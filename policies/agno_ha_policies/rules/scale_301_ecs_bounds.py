"""SCALE-301: the bounds of Application Auto Scaling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.aws.kinds import SCALING, SERVICE, TASK
from agno_ha_policies.aws.services import is_instance, scaled
from agno_ha_policies.model import StackRule, Violation
from agno_ha_policies.rules.scale_001_bounds import ScalingBounds
from agno_ha_policies.view import View, digits, siblings


def check(views: Sequence[View[ScalingBounds]]) -> Iterator[Violation]:
    """Compare the most tasks of all services with the ceiling, and the least of app instances with the floor."""
    for group in siblings(views):
        for target, services in scaled(group):
            app = not services or any(is_instance(each, group) for each in services)
            yield from _outside(target, app=app)


def _outside(target: View[ScalingBounds], *, app: bool) -> Iterator[Violation]:
    low, high, bounds = target.number("minCapacity"), target.number("maxCapacity"), target.bounds
    if app and low is not None and low < bounds.floor:
        yield target.violation(
            "minCapacity", f"{digits(low)} is below the floor of {bounds.floor}. Raise it to {bounds.floor}."
        )
    if high is not None and high > bounds.ceiling:
        yield target.violation(
            "maxCapacity",
            f"{digits(high)} is above the ceiling of {bounds.ceiling}. Lower it to {bounds.ceiling}, or raise this "
            "rule's ceiling.",
        )


RULE = StackRule(
    id="SCALE-301",
    title="Autoscaling on ECS stays within bounds",
    severity="critical",
    rationale="What runs is what the scalable target says, whatever the configuration says: one instance, or a "
    "thousand.",
    remediation="Set minCapacity and maxCapacity; for an AgnoService, scaling.min and scaling.max of its "
    "topology.",
    bounds=ScalingBounds,
    presets={"dev": ScalingBounds(floor=1, ceiling=10)},
    types=frozenset({SCALING, SERVICE, TASK}),
    check=check,
)
