"""SCALE-103: a fixed count against an autoscaler of Swarm services."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.workload import REPLICAS, SERVICES, is_handed_over
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look for the label that hands the count to an autoscaler, beside a count."""
    fixed = service.known(REPLICAS, None) is not None
    if (
        is_handed_over(service)
        and fixed
        and not any(REPLICAS.startswith(path) for path in service.resource.ignored)
    ):
        yield service.violation(
            REPLICAS,
            "an autoscaler owns the count (label swarm.autoscaler), and every update of the program sets it "
            "back. Leave the replicas out, or add mode to ignoreChanges.",
        )


RULE = ResourceRule(
    id="SCALE-103",
    title="One owner of the count",
    severity="high",
    rationale="A count in the program resets what the autoscaler decided at every update: under load, instances "
    "that are needed go.",
    remediation="Leave the replicas to the autoscaler.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
