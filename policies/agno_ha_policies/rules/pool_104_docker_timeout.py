"""POOL-104: the wait for a connection in real Docker services."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha.topology.units import duration_text

from agno_ha_policies.docker.pools import POOL_TIMEOUT
from agno_ha_policies.docker.workload import SERVICES, has_pool
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules.pool_003_timeout import PoolTimeout
from agno_ha_policies.view import View

_DEFAULT = 30.0  # SQLAlchemy's


def check(service: View[PoolTimeout]) -> Iterator[Violation]:
    """Compare the pool's timeout with the bound; its value is never shown."""
    if not has_pool(service):
        return
    timeout, longest = service.number(POOL_TIMEOUT, _DEFAULT), service.bounds.longest
    if timeout is not None and timeout > longest:
        yield service.violation(POOL_TIMEOUT, f"DB_POOL_TIMEOUT is above {duration_text(longest)}. Lower it.")


RULE = ResourceRule(
    id="POOL-104",
    title="Pools of Docker services give up before the client does",
    severity="high",
    rationale="A request that waits for a connection longer than its client waits for an answer is work for nobody.",
    remediation="Lower DB_POOL_TIMEOUT; for an AgnoService, postgres.pool.timeout.",
    bounds=PoolTimeout,
    types=SERVICES,
    check=check,
)
