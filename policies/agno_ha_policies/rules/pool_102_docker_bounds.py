"""POOL-102: pool size and overflow of real Docker services."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.pools import POOL_OVERFLOW, POOL_SIZE, pool
from agno_ha_policies.docker.workload import SERVICES, has_pool
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules.pool_002_bounds import PoolBounds, outside
from agno_ha_policies.view import View


def check(service: View[PoolBounds]) -> Iterator[Violation]:
    """Compare the environment's pool with the bounds; its values are never shown."""
    if not has_pool(service):
        return
    bounds, given = service.bounds, pool(service)
    for path, value, low, high in (
        (POOL_SIZE, given.size, bounds.min_size, bounds.max_size),
        (POOL_OVERFLOW, given.overflow, bounds.min_overflow, bounds.max_overflow),
    ):
        side = outside(value, low, high)
        if side:
            yield service.violation(
                path, f"{path.rpartition('.')[2]} is {side}. Set it between {low} and {high}."
            )


RULE = ResourceRule(
    id="POOL-102",
    title="Pool sizes of Docker services stay within bounds",
    severity="high",
    rationale="A pool of one serialises the requests of its process; a large one holds connections, and "
    "their memory in Postgres, that no request uses; 0 and -1 mean no limit to SQLAlchemy.",
    remediation="Set DB_POOL_SIZE and DB_MAX_OVERFLOW of the service; for an AgnoService, postgres.pool of "
    "its topology.",
    bounds=PoolBounds,
    presets={"dev": PoolBounds(min_size=1)},
    types=SERVICES,
    check=check,
)
