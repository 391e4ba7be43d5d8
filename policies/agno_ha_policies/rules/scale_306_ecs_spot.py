"""SCALE-306: instances that AWS may take back all at once."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import SERVICE
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

_STRATEGIES = "capacityProviderStrategies"


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look at where tasks behind a load balancer run."""
    if not service.items("loadBalancers"):
        return
    providers = [
        service.text(f"{_STRATEGIES}.{index}.capacityProvider")
        for index, _ in enumerate(service.items(_STRATEGIES) or [])
    ]
    if providers and set(providers) == {"FARGATE_SPOT"}:
        yield service.violation(
            _STRATEGIES, "all instances run on spare capacity. Give it FARGATE too, with a base of 2."
        )


RULE = ResourceRule(
    id="SCALE-306",
    title="Instances on ECS do not all run on spare capacity",
    severity="high",
    levels={"dev": "disabled"},
    rationale="AWS takes Fargate Spot back with two minutes' notice, from all tasks at once where it needs the "
    "machines.",
    remediation="Name FARGATE with a base in capacityProviderStrategies, and FARGATE_SPOT only beside it.",
    bounds=NoBounds,
    types=frozenset({SERVICE}),
    check=check,
)
