"""SCALE-201: the bounds of real autoscalers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.docker.workload import is_instance
from agno_ha_policies.kubernetes.kinds import AUTOSCALERS, PODS
from agno_ha_policies.kubernetes.pods import bounds, scales
from agno_ha_policies.model import StackRule, Violation
from agno_ha_policies.rules.scale_001_bounds import ScalingBounds
from agno_ha_policies.view import View, digits, siblings


def check(views: Sequence[View[ScalingBounds]]) -> Iterator[Violation]:
    """Compare the largest number with the ceiling, and the least one of app instances with the floor."""
    for group in siblings(views):
        workloads = [view for view in group if view.resource.type in PODS]
        for view in group:
            if view.resource.type in AUTOSCALERS:
                apps = [each for each in workloads if scales(view, each) and is_instance(each)]
                yield from _compared(view, is_app=bool(apps))


def _compared(view: View[ScalingBounds], *, is_app: bool) -> Iterator[Violation]:
    least, most = bounds(view)
    if is_app and least.number is not None and least.number < view.bounds.floor:
        yield view.violation(
            least.path,
            f"{digits(least.number)} is below the floor of {view.bounds.floor}. Raise it to {view.bounds.floor}.",
        )
    if most.number is not None and most.number > view.bounds.ceiling:
        yield view.violation(
            most.path,
            f"{digits(most.number)} is above the ceiling of {view.bounds.ceiling}. Lower it, or raise this rule's "
            "ceiling.",
        )


RULE = StackRule(
    id="SCALE-201",
    title="Autoscalers on Kubernetes stay within bounds",
    severity="critical",
    rationale="What runs is what the autoscaler may make of it: with one instance every failure and every "
    "roll is an outage, without a ceiling a runaway autoscaler takes machines and database down with it.",
    remediation="Set the autoscaler's least and largest number; for an AgnoService, scaling.min and "
    "scaling.max.",
    bounds=ScalingBounds,
    presets={"dev": ScalingBounds(floor=1, ceiling=10)},
    types=PODS | AUTOSCALERS,
    check=check,
)
