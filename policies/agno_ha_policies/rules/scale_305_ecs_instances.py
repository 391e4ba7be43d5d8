"""SCALE-305: services on ECS that nobody scales."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.aws.kinds import SCALING, SERVICE, TASK
from agno_ha_policies.aws.services import COUNT, desired, is_instance, scaled, services
from agno_ha_policies.model import StackRule, Violation
from agno_ha_policies.rules.scale_001_bounds import ScalingBounds
from agno_ha_policies.view import View, digits, siblings


def check(views: Sequence[View[ScalingBounds]]) -> Iterator[Violation]:
    """Compare the count of services without a scalable target with the ceiling, and of app instances with the floor."""
    for group in siblings(views):
        targets = scaled(group)
        for service in services(group):
            if not any(service in each.services for each in targets):
                yield from _outside(service, desired(service), app=is_instance(service, group))


def _outside(service: View[ScalingBounds], count: float | None, *, app: bool) -> Iterator[Violation]:
    bounds = service.bounds
    if count is None:
        return
    if count > bounds.ceiling:
        yield service.violation(
            COUNT,
            f"{digits(count)} tasks are above the ceiling of {bounds.ceiling}. Lower it to {bounds.ceiling}, or raise "
            "this rule's ceiling.",
        )
    if app and count < bounds.floor:
        yield service.violation(
            COUNT,
            f"app instances with desiredCount = {digits(count)} are below the floor of {bounds.floor}. Raise it to "
            f"{bounds.floor}, or give them a scalable target.",
        )


RULE = StackRule(
    id="SCALE-305",
    title="Instances on ECS are enough",
    severity="critical",
    rationale="A service that no scalable target owns runs what it says: one task, or a thousand.",
    remediation="Set desiredCount, or give the service a scalable target of Application Auto Scaling; AgnoService "
    "makes one.",
    bounds=ScalingBounds,
    presets={"dev": ScalingBounds(floor=1, ceiling=10)},
    types=frozenset({SCALING, SERVICE, TASK}),
    check=check,
)
