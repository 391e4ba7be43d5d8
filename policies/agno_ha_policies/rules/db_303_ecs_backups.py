"""DB-303: backups of Postgres."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha.topology.units import DAY, duration_text

from agno_ha_policies.aws.kinds import CLUSTER, INSTANCE
from agno_ha_policies.aws.stores import is_postgres, is_replica
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules.db_003_backups import Backups
from agno_ha_policies.view import View, plural


def check(instance: View[Backups]) -> Iterator[Violation]:
    """Compare the retention with the bound; RDS makes none unless told to, Aurora keeps a day's."""
    if not is_postgres(instance) or is_replica(instance):
        return
    default = 1 if instance.resource.type == CLUSTER else 0
    days, least = instance.number("backupRetentionPeriod", default), instance.bounds.least
    if days is not None and days * DAY < least:
        have = f"are kept for {plural(days, 'day')}" if days else "are not made"
        yield instance.violation(
            "backupRetentionPeriod", f"backups {have}; at least {duration_text(least)} is wanted. Raise it."
        )


RULE = ResourceRule(
    id="DB-303",
    title="Postgres on RDS is backed up",
    severity="critical",
    levels={"dev": "disabled"},
    rationale="Replication copies a mistake within a second: only a backup brings conversations back after a "
    "wrong DELETE.",
    remediation="Set backupRetentionPeriod; for an AgnoService, postgres.backups.retention.",
    bounds=Backups,
    types=frozenset({INSTANCE, CLUSTER}),
    check=check,
)
