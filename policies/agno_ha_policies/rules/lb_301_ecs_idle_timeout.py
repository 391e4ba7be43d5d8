"""LB-301: the load balancer's patience with silent streams."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha.topology.units import duration_text

from agno_ha_policies.aws.kinds import BALANCER
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules.lb_101_docker_idle_timeout import Patience
from agno_ha_policies.view import View, digits


def check(balancer: View[Patience]) -> Iterator[Violation]:
    """Compare the idle timeout of an application load balancer with the longest silence."""
    if balancer.text("loadBalancerType", "application") != "application":
        return
    least = balancer.owner.number("longestSilence") if balancer.owner is not None else balancer.bounds.least
    value = balancer.number("idleTimeout", 60)
    if value is not None and least is not None and value < least:
        yield balancer.violation(
            "idleTimeout",
            f"{digits(value)}s, and streams may be silent for {duration_text(least)}. Raise it to {digits(least)}.",
        )


RULE = ResourceRule(
    id="LB-301",
    title="The load balancer on AWS waits for silent streams",
    severity="high",
    rationale="A foreground stream has no keepalive: a balancer that waits 60s, as AWS's does, cuts every "
    "longer model or tool call.",
    remediation="Raise idleTimeout; for an AgnoService, loadBalancer.idleTimeout.",
    bounds=Patience,
    types=frozenset({BALANCER}),
    check=check,
)
