"""DB-302: a standby of Postgres."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import INSTANCE
from agno_ha_policies.aws.stores import is_postgres, is_replica
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Read the setting."""
    if is_postgres(view) and not is_replica(view) and view.flag("multiAz", False) is False:
        yield view.violation(
            "multiAz",
            "the database has no standby. Set it to true.",
        )


RULE = ResourceRule(
    id="DB-302",
    title="Postgres on RDS fails over",
    severity="critical",
    levels={"dev": "disabled"},
    rationale="With one server every failure of its zone, and every patch of it, is an outage of all instances.",
    remediation="Set multiAz; for an AgnoService, postgres.highAvailability.",
    bounds=NoBounds,
    types=frozenset({INSTANCE}),
    check=check,
)
