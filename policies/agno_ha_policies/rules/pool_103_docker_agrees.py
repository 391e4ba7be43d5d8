"""POOL-103: the real pools and the real connection limit against the facts."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.agreement import differs
from agno_ha_policies.docker.pools import POOL_OVERFLOW, POOL_SIZE, pool
from agno_ha_policies.docker.servers import postgres_limits
from agno_ha_policies.docker.workload import ARGS, ENV, SERVICES, is_own
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Compare an AgnoService's own web service and Postgres with its facts."""
    if is_own(service, "web"):
        given = pool(service)
        for path, value, fact, setting in (
            (POOL_SIZE, given.size, "poolSize", "postgres.pool.size"),
            (POOL_OVERFLOW, given.overflow, "poolOverflow", "postgres.pool.overflow"),
            (f"{ENV}.WORKERS", given.workers, "workers", "app.workers"),
        ):
            yield from differs(service, path, path.rpartition(".")[2], value, fact, setting)
    elif is_own(service, "postgres"):
        limits = postgres_limits(service)
        if limits is not None:
            setting = "postgres.maxConnections"
            yield from differs(service, ARGS, "max_connections", limits.maximum, "maxConnections", setting)


RULE = ResourceRule(
    id="POOL-103",
    title="Real pools and limits agree with the facts",
    severity="critical",
    rationale="The connection budget is made from the facts; a pool or a limit that something else sets "
    "makes it wrong.",
    remediation="Let the topology decide pools, workers and the connection limit.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
