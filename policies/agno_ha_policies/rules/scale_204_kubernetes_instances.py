"""SCALE-204: instances that nobody scales."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.docker.workload import REPLICAS, is_instance
from agno_ha_policies.kubernetes.kinds import AUTOSCALERS, DAEMON_SET, PODS
from agno_ha_policies.kubernetes.pods import autoscalers
from agno_ha_policies.model import StackRule, Violation
from agno_ha_policies.rules.scale_001_bounds import ScalingBounds
from agno_ha_policies.view import View, digits, siblings


def check(views: Sequence[View[ScalingBounds]]) -> Iterator[Violation]:
    """Compare the number of pods of app instances without an autoscaler with the bounds."""
    for group in siblings(views):
        for view in group:
            if (
                view.resource.type not in PODS - {DAEMON_SET}
                or not is_instance(view)
                or autoscalers(view, group)
            ):
                continue
            count = view.number(REPLICAS, 1)
            if count is not None and not view.bounds.floor <= count <= view.bounds.ceiling:
                yield view.violation(
                    REPLICAS,
                    f"app instances with replicas = {digits(count)} are not between {view.bounds.floor} and "
                    f"{view.bounds.ceiling}. Change it, or give them an autoscaler.",
                )


RULE = StackRule(
    id="SCALE-204",
    title="Instances on Kubernetes are enough",
    severity="critical",
    rationale="A Deployment that says nothing runs one pod: every failure and every roll of it is an outage.",
    remediation="Give it an autoscaler, or replicas; AgnoService makes the autoscaler.",
    bounds=ScalingBounds,
    presets={"dev": ScalingBounds(floor=1, ceiling=10)},
    types=PODS | AUTOSCALERS,
    check=check,
)
