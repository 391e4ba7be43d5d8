"""POOL-206: connections that a Postgres on Kubernetes keeps for operators."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import SERVERS
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules import pool_106_docker_reserved as on_docker
from agno_ha_policies.rules.pool_005_reserved import Reserved
from agno_ha_policies.view import View


def check(view: View[Reserved]) -> Iterator[Violation]:
    """Compare what is reserved with the bound."""
    yield from on_docker.check(view)


RULE = ResourceRule(
    id="POOL-206",
    title="Operators can always connect to Postgres on Kubernetes",
    severity="high",
    rationale="When every connection is taken, the one who wants to see why gets none either.",
    remediation="Set superuser_reserved_connections; for an AgnoService, postgres.reservedConnections.",
    bounds=Reserved,
    types=SERVERS,
    check=check,
)
