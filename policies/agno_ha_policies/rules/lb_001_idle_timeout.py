"""LB-001: the load balancer's patience with silent streams."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha.topology.units import duration_text

from agno_ha_policies.model import SERVICE, NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Compare the idle timeout with the longest silence."""
    idle, silence = service.number("idleTimeout"), service.number("longestSilence")
    if idle is not None and silence is not None and idle < silence:
        yield service.violation(
            "idleTimeout",
            f"loadBalancer.idleTimeout = {duration_text(idle)} is below app.longestSilence = "
            f"{duration_text(silence)}. Raise it to {duration_text(silence)}.",
        )


RULE = ResourceRule(
    id="LB-001",
    title="Silent streams are not cut",
    severity="high",
    rationale="A stream says nothing while a model or a tool works: cut, its run is lost to the client although it "
    "goes on.",
    remediation="Raise loadBalancer.idleTimeout to app.longestSilence or more.",
    bounds=NoBounds,
    types=frozenset({SERVICE}),
    check=check,
)
