"""DB-106: what a real Postgres does before it acknowledges."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.servers import is_postgres, setting
from agno_ha_policies.docker.workload import ARGS, SERVICES
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

_OFF = frozenset({"off", "false", "no", "0"})


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look at the settings that trade data for speed."""
    if not is_postgres(service):
        return
    for name in ("fsync", "full_page_writes"):
        value = setting(service, name, "on")
        if value is not None and value.lower() in _OFF:
            yield service.violation(
                ARGS, f"{name} is off: a crash of the machine corrupts the database. Remove the setting."
            )


RULE = ResourceRule(
    id="DB-106",
    title="Docker's Postgres survives a crash",
    severity="critical",
    rationale="Without fsync or full page writes a crash of the machine leaves a database that cannot be repaired.",
    remediation="Leave fsync and full_page_writes on.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
