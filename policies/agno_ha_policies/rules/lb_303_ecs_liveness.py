"""LB-303: the health check that may kill an instance."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import TARGETS
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(group: View[NoBounds]) -> Iterator[Violation]:
    """Look at the path that is asked for."""
    path = group.text("healthCheck.path", "/")
    if path is not None and "ready" in path:
        yield group.violation(
            "healthCheck.path", "it fails for every instance when a store is down. Ask for /health."
        )


RULE = ResourceRule(
    id="LB-303",
    title="What is killed on ECS is what hangs",
    severity="critical",
    rationale="ECS replaces what its target group finds unhealthy: where /ready is asked for, a store that is "
    "down takes the whole fleet with it.",
    remediation="Let the target group ask for /health.",
    bounds=NoBounds,
    types=frozenset({TARGETS}),
    check=check,
)
