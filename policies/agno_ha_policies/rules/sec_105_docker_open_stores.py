"""SEC-105: stores that can be reached from outside."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.servers import is_postgres, is_redis
from agno_ha_policies.docker.workload import SERVICES, published
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

_PORTS = {5432: "Postgres", 6379: "Redis", 6432: "PgBouncer"}


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look at the published ports; those on loopback only are fine."""
    for path, port in published(service):
        store = _PORTS.get(int(port))
        if store is not None or is_postgres(service) or is_redis(service):
            yield service.violation(
                path, f"{store or 'a store'} can be reached from outside the stack. Remove the port."
            )


RULE = ResourceRule(
    id="SEC-105",
    title="Stores are not reachable from outside",
    severity="critical",
    rationale="A store that answers the network is found within hours, and guessed at ever after.",
    remediation="Remove the published port, and reach the store over the stack's network.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
