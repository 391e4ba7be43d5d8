"""OPS-103: whether what ends is started again."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.workload import SERVICES
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View, plural

_POLICY = "taskSpec.restartPolicy"


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look at the condition and at the number of attempts; Swarm's default restarts always."""
    condition = service.text(f"{_POLICY}.condition", "any")
    attempts = service.number(f"{_POLICY}.maxAttempts", 0)
    if condition == "none":
        yield service.violation(f"{_POLICY}.condition", "what ends is not started again. Restart it always.")
    elif condition == "on-failure":
        yield service.violation(
            f"{_POLICY}.condition", "what ends without an error is not started again. Restart it always."
        )
    elif condition == "any" and attempts:
        yield service.violation(
            f"{_POLICY}.maxAttempts",
            f"is given up after {plural(attempts, 'attempt')}. Set it to 0: no limit.",
        )


RULE = ResourceRule(
    id="OPS-103",
    title="What ends is started again",
    severity="high",
    levels={"dev": "advisory"},
    rationale="After an outage of a store, or a night of failures, a service that is given up stays down until "
    "somebody looks.",
    remediation="Restart always, without a limit of attempts.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
