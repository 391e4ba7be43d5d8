"""Connection pools that services' environments configure, and who uses which Postgres server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from agno_ha_policies.docker.servers import is_postgres
from agno_ha_policies.docker.workload import ENV, ENV_FROM, has_more, has_pool, replicas
from agno_ha_policies.view import View

POOL_SIZE = f"{ENV}.DB_POOL_SIZE"
POOL_OVERFLOW = f"{ENV}.DB_MAX_OVERFLOW"
POOL_TIMEOUT = f"{ENV}.DB_POOL_TIMEOUT"
_DEFAULT_OVERFLOW = 10  # SQLAlchemy's

POOLED = ("session", "transaction")
"""What DB_POOLER says where a pooler stands before Postgres: the modes that the image knows."""


class Pool(NamedTuple):
    """The pool of every process; None for what can't be read."""

    size: float | None
    overflow: float | None
    workers: float | None
    """Processes of one task."""

    @property
    def connections(self) -> float | None:
        """Connections that one task opens at most; infinite for SQLAlchemy's 0 and -1: no limit."""
        if self.size is None or self.overflow is None or self.workers is None:
            return None
        return (
            float("inf")
            if self.size <= 0 or self.overflow < 0
            else self.workers * (self.size + self.overflow)
        )


def pool(view: View[Any]) -> Pool:
    """Read the pool that a service's environment configures."""
    environment = view.mapping(ENV) or {}
    if "DB_POOL_SIZE" not in environment and has_more(view):
        view.unreadable(ENV_FROM, "may set DB_POOL_SIZE, and is not looked into")
        return Pool(None, None, None)
    workers = "WORKERS" if "WORKERS" in environment else "WEB_CONCURRENCY"
    return Pool(
        view.number(POOL_SIZE),
        view.number(POOL_OVERFLOW, _DEFAULT_OVERFLOW),
        view.number(f"{ENV}.{workers}", 1),
    )


def is_pooled(view: View[Any]) -> bool:
    """Whether a pooler stands between the service and Postgres."""
    return view.text(f"{ENV}.DB_POOLER", "off") in POOLED


class Tasks(NamedTuple):
    """Tasks of a service, or pods of a workload."""

    least: float
    most: float
    rolling: float
    """At most, with the old ones that a roll leaves beside the new ones."""


class Peak(NamedTuple):
    """Connections that all tasks of a service open at most."""

    steady: float
    rolling: float


def tasks(view: View[Any]) -> Tasks | None:
    """Return how many tasks of a service there may be; None, and said, where it can't be told."""
    if view.flag("mode.global", False):
        view.unreadable("mode.global", "the number of nodes is not known")
        return None
    count, order = replicas(view), view.text("updateConfig.order", "stop-first")
    if count is None or order is None:
        return None
    return Tasks(count, count, count * (2 if order == "start-first" else 1))


def peak(view: View[Any], running: Tasks | None) -> Peak | None:
    """Return what all tasks open; None, and said, where it can't be told."""
    each = pool(view).connections
    if running is None or each is None:
        return None
    return Peak(*(each * count if count else 0.0 for count in running[1:]))


def users(group: Sequence[View[Any]]) -> list[View[Any]]:
    """Return those with a pool straight to Postgres."""
    return [service for service in group if has_pool(service) and not is_pooled(service)]


def postgres_servers(group: Sequence[View[Any]]) -> list[View[Any]]:
    """Return the Postgres servers."""
    return [service for service in group if is_postgres(service)]
