"""SCALE-304: a roll that stops instances before new ones serve."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import SERVICE
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View, digits


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look at the percentages of services behind a load balancer."""
    if not service.items("loadBalancers"):
        return
    least = service.number("deploymentMinimumHealthyPercent", 100)
    if least is not None and least < 100:
        yield service.violation(
            "deploymentMinimumHealthyPercent",
            f"{digits(least)}% of the instances serve while all are replaced. Set it to 100.",
        )


RULE = ResourceRule(
    id="SCALE-304",
    title="An update on ECS leaves instances running",
    severity="critical",
    rationale="An update that stops instances before new ones serve is a loss of capacity, or an outage.",
    remediation="Set deploymentMinimumHealthyPercent to 100 and deploymentMaximumPercent to 200.",
    bounds=NoBounds,
    types=frozenset({SERVICE}),
    check=check,
)
