"""SEC-307: addresses of tasks in the internet."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import SERVICE
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Read the setting."""
    if view.flag("networkConfiguration.assignPublicIp", False) is True:
        yield view.violation(
            "networkConfiguration.assignPublicIp",
            "the tasks have addresses in the internet. Set it to false.",
        )


RULE = ResourceRule(
    id="SEC-307",
    title="Tasks on ECS have no public address",
    severity="high",
    levels={"dev": "advisory"},
    rationale="A task with an address of its own is reached around the load balancer, as far as its security "
    "group lets.",
    remediation="Put tasks into private subnets with a NAT gateway, and set assignPublicIp to false.",
    bounds=NoBounds,
    types=frozenset({SERVICE}),
    check=check,
)
