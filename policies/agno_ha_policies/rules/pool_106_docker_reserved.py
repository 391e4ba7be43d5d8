"""POOL-106: connections that a real Postgres keeps for operators."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.servers import is_postgres, postgres_limits
from agno_ha_policies.docker.workload import ARGS, SERVICES
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules.pool_005_reserved import Reserved
from agno_ha_policies.view import View, digits, plural


def check(service: View[Reserved]) -> Iterator[Violation]:
    """Compare superuser_reserved_connections and reserved_connections with the bound."""
    limits = postgres_limits(service) if is_postgres(service) else None
    least = service.bounds.least
    if limits is not None and limits.reserved < least:
        yield service.violation(
            ARGS,
            f"{plural(limits.reserved, 'connection')} of max_connections = {digits(limits.maximum)} stay the "
            f"operators'. Set superuser_reserved_connections to {least} or more.",
        )


RULE = ResourceRule(
    id="POOL-106",
    title="Operators can always connect to Docker's Postgres",
    severity="high",
    rationale="When every connection is taken, the one who wants to see why gets none either.",
    remediation="Set superuser_reserved_connections; for an AgnoService, postgres.reservedConnections.",
    bounds=Reserved,
    types=SERVICES,
    check=check,
)
