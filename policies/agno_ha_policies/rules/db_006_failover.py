"""DB-006: a standby for a managed Postgres."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.model import SERVICE, NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Read the facts; an external server's standby is another's business."""
    if service.text("postgresMode") == "managed" and service.flag("failover") is False:
        yield service.violation(
            "failover",
            "Postgres has no standby. Set postgres.highAvailability; where the target has none, use "
            "postgres.mode: external, or add an exception that says why an outage is acceptable.",
        )


RULE = ResourceRule(
    id="DB-006",
    title="Postgres fails over",
    severity="critical",
    levels={"dev": "disabled"},
    rationale="With one Postgres every failure of its node is an outage of the whole service, however many "
    "instances there are.",
    remediation="Set postgres.highAvailability, or use an external Postgres with a standby.",
    bounds=NoBounds,
    types=frozenset({SERVICE}),
    check=check,
)
