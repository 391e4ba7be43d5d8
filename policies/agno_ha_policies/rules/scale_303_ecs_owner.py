"""SCALE-303: a fixed count beside an autoscaler."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.aws.kinds import SCALING, SERVICE
from agno_ha_policies.model import NoBounds, StackRule, Violation
from agno_ha_policies.view import View, siblings


def check(views: Sequence[View[NoBounds]]) -> Iterator[Violation]:
    """Look, below each parent with a scalable target of ECS, for services behind a load balancer with a count."""
    for group in siblings(views):
        if not any(
            each.resource.type == SCALING and each.text("serviceNamespace") == "ecs" for each in group
        ):
            continue
        for service in group:
            fixed = service.resource.type == SERVICE and service.known("desiredCount", None) is not None
            if (
                fixed
                and service.known("loadBalancers", None)
                and "desiredCount" not in service.resource.ignored
            ):
                yield service.violation(
                    "desiredCount",
                    "an autoscaler owns the count, and every update of the program sets it back. Add desiredCount to "
                    "ignoreChanges.",
                )


RULE = StackRule(
    id="SCALE-303",
    title="One owner of the count on ECS",
    severity="high",
    rationale="A count in the program resets what the autoscaler decided at every update: under load, instances "
    "that are needed go.",
    remediation="Add desiredCount to ignoreChanges, or leave it out.",
    bounds=NoBounds,
    types=frozenset({SCALING, SERVICE}),
    check=check,
)
