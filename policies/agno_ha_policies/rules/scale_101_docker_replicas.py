"""SCALE-101: the replicas of real Docker services."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.workload import REPLICAS, SERVICES, is_instance, replicas
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules.scale_001_bounds import ScalingBounds
from agno_ha_policies.view import View, digits


def check(service: View[ScalingBounds]) -> Iterator[Violation]:
    """Compare the replicas with the ceiling, and those of app instances with the floor."""
    bounds = service.bounds
    app, count = is_instance(service), replicas(service)
    if count is None:
        return
    if count > bounds.ceiling:
        yield service.violation(
            REPLICAS,
            f"{digits(count)} replicas are above the ceiling of {bounds.ceiling}. Lower them to "
            f"{bounds.ceiling}, or raise this rule's ceiling.",
        )
    if app and count < bounds.floor:
        yield service.violation(
            REPLICAS,
            f"app instances with replicas = {digits(count)} are below the floor of {bounds.floor}. Raise "
            f"the replicas to {bounds.floor}.",
        )


RULE = ResourceRule(
    id="SCALE-101",
    title="Replicas of Docker services stay within bounds",
    severity="critical",
    rationale="What runs is the service's own number, whatever the configuration says: a transform or a "
    "program without AgnoService can run one instance, or a thousand.",
    remediation="Set mode.replicated.replicas of the service; for an AgnoService, scaling.min of its "
    "topology.",
    bounds=ScalingBounds,
    presets={"dev": ScalingBounds(floor=1, ceiling=10)},
    types=SERVICES,
    check=check,
)
