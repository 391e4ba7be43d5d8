"""DB-003: backups of a managed Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from agno_ha.topology.base import Between
from agno_ha.topology.units import DAY, Duration, duration_text

from agno_ha_policies.model import SERVICE, Bounds, ResourceRule, Violation
from agno_ha_policies.view import View


class Backups(Bounds):
    """How far back one can go."""

    least: Annotated[Duration, Between(0, 365 * DAY, duration_text)] = DAY
    """Least retention."""


def check(service: View[Backups]) -> Iterator[Violation]:
    """Compare the retention with the bound; an external server's is another's business."""
    retention, least = service.number("backupRetention"), service.bounds.least
    if service.text("postgresMode") == "managed" and retention is not None and retention < least:
        have = f"are kept for {duration_text(retention)}" if retention else "are not made here"
        yield service.violation(
            "backupRetention",
            f"backups of Postgres {have}; at least {duration_text(least)} is wanted. Set "
            "postgres.backups.retention; where the target makes none, back the volume up yourself and add an "
            "exception that says how, or use postgres.mode: external.",
        )


RULE = ResourceRule(
    id="DB-003",
    title="Postgres is backed up",
    severity="critical",
    levels={"dev": "disabled"},
    rationale="Replication copies a mistake within a second: only a backup brings conversations back after a wrong "
    "DELETE, a lost volume or a lost node.",
    remediation="Set postgres.backups.retention, or use an external Postgres that is backed up.",
    bounds=Backups,
    types=frozenset({SERVICE}),
    check=check,
)
