"""LB-003: TLS at the load balancer."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.model import SERVICE, NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Read the fact."""
    if service.text("tls") == "off":
        yield service.violation(
            "tls",
            "clients talk to the load balancer in the open. Set loadBalancer.tls.mode; where TLS ends before "
            "it, add an exception that says where.",
        )


RULE = ResourceRule(
    id="LB-003",
    title="Clients are served over TLS",
    severity="high",
    levels={"dev": "disabled"},
    rationale="API keys and conversations would cross the network in the open.",
    remediation="Set loadBalancer.tls.mode to provided (or generated, inside a company).",
    bounds=NoBounds,
    types=frozenset({SERVICE}),
    check=check,
)
