"""SCALE-301: the bounds of Application Auto Scaling."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.aws.kinds import SCALING, SCHEDULE, SERVICE, TASK
from agno_ha_policies.aws.services import Range, is_instance, scaled
from agno_ha_policies.model import StackRule, Violation
from agno_ha_policies.rules.scale_001_bounds import ScalingBounds
from agno_ha_policies.view import View, digits, siblings


def check(views: Sequence[View[ScalingBounds]]) -> Iterator[Violation]:
    """Compare the most tasks of all services with the ceiling, and the least of app instances with the floor.

    A schedule that sets other bounds is looked at like the target.
    """
    for group in siblings(views):
        for _, services, ranges in scaled(group):
            app = not services or any(is_instance(each, group) for each in services)
            for each in ranges:
                yield from _outside(each, app=app)


def _outside(found: Range, *, app: bool) -> Iterator[Violation]:
    low, high, bounds = found.least(), found.most(), found.view.bounds
    if app and low is not None and low < bounds.floor:
        yield found.view.violation(
            found.low, f"{digits(low)} is below the floor of {bounds.floor}. Raise it to {bounds.floor}."
        )
    if high is not None and high > bounds.ceiling:
        yield found.view.violation(
            found.high,
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
    types=frozenset({SCALING, SCHEDULE, SERVICE, TASK}),
    check=check,
)
