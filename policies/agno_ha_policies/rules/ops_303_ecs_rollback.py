"""OPS-303: what happens to a bad version on ECS."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import SERVICE
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look at the circuit breaker; other deployment controllers bring their own."""
    if service.text("deploymentController.type", "ECS") != "ECS":
        return
    for name in ("enable", "rollback"):
        if service.flag(f"deploymentCircuitBreaker.{name}", False) is False:
            yield service.violation(
                f"deploymentCircuitBreaker.{name}",
                "a version that does not come up is tried for hours. Set it.",
            )
            return


RULE = ResourceRule(
    id="OPS-303",
    title="A bad version on ECS is rolled back",
    severity="high",
    rationale="Without it ECS starts a version that does not come up again and again, for hours.",
    remediation="Set deploymentCircuitBreaker with enable and rollback.",
    bounds=NoBounds,
    types=frozenset({SERVICE}),
    check=check,
)
