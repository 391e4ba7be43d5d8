"""SCALE-101: the replicas of real Docker services."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies import docker
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules.scale_001_bounds import ScalingBounds
from agno_ha_policies.view import View, digits


def check(service: View[ScalingBounds]) -> Iterator[Violation]:
    """Compare the replicas with the ceiling, and those of app instances with the floor."""
    bounds = service.bounds
    is_instance, replicas = docker.is_instance(service), docker.replicas(service)
    if replicas is None:
        return
    if replicas > bounds.ceiling:
        yield service.violation(
            docker.REPLICAS,
            f"{digits(replicas)} replicas are above the ceiling of {bounds.ceiling}. Lower them to "
            f"{bounds.ceiling}, or raise this rule's ceiling.",
        )
    if is_instance and replicas < bounds.floor:
        yield service.violation(
            docker.REPLICAS,
            f"app instances with replicas = {digits(replicas)} are below the floor of {bounds.floor}. Raise "
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
    types=frozenset({docker.SERVICE}),
    check=check,
)
