"""Connection pools that services' environments configure, and who uses which Postgres server."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from agno_ha_policies.docker.servers import is_postgres
from agno_ha_policies.docker.workload import ENV, has_pool, replicas
from agno_ha_policies.view import View

POOL_SIZE = f"{ENV}.DB_POOL_SIZE"
POOL_OVERFLOW = f"{ENV}.DB_MAX_OVERFLOW"
POOL_TIMEOUT = f"{ENV}.DB_POOL_TIMEOUT"
_DEFAULT_OVERFLOW = 10  # SQLAlchemy's
_HOSTS = ("POSTGRES_HOST", "DB_HOST", "PGHOST")


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
    workers = "WORKERS" if "WORKERS" in environment else "WEB_CONCURRENCY"
    return Pool(
        view.number(POOL_SIZE),
        view.number(POOL_OVERFLOW, _DEFAULT_OVERFLOW),
        view.number(f"{ENV}.{workers}", 1),
    )


def is_pooled(view: View[Any]) -> bool:
    """Whether a pooler stands between the service and Postgres."""
    return view.text(f"{ENV}.DB_POOLER", "off") not in ("off", None)


class Peak(NamedTuple):
    """Connections that all tasks of a service open at most."""

    steady: float
    rolling: float
    """With the old tasks that a roll leaves beside the new ones."""


def peak(view: View[Any]) -> Peak | None:
    """Return what all tasks open; None, and said, where it can't be told."""
    if view.flag("mode.global", False):
        view.unreadable("mode.global", "the number of nodes is not known")
        return None
    count, each = replicas(view), pool(view).connections
    order = view.text("updateConfig.order", "stop-first")
    if count is None or each is None or order is None:
        return None
    steady = each * count if count else 0
    return Peak(steady, steady * (2 if order == "start-first" else 1))


def users(group: Sequence[View[Any]]) -> list[View[Any]]:
    """Return those with a pool straight to Postgres."""
    return [service for service in group if has_pool(service) and not is_pooled(service)]


def postgres_servers(group: Sequence[View[Any]]) -> list[View[Any]]:
    """Return the Postgres servers."""
    return [service for service in group if is_postgres(service)]


def server_of(user: View[Any], servers: Sequence[View[Any]]) -> View[Any] | None:
    """Return the server that a service uses: the only one, or the one that its environment names."""
    if len(servers) == 1:
        return servers[0]
    environment = user.mapping(ENV) or {}
    variable = next((name for name in _HOSTS if name in environment), _HOSTS[0])
    host = user.value(f"{ENV}.{variable}", "")
    if host is None:
        return None
    named = [server for server in servers if host in _names(server)]
    if len(named) != 1:
        user.unreadable(f"{ENV}.{variable}", "names none of the Postgres servers beside it")
        return None
    return named[0]


def _names(server: View[Any]) -> set[str]:
    names = {server.name, server.value("name", "") or ""}
    for index, _ in enumerate(server.items("taskSpec.networksAdvanceds") or []):
        names |= {
            alias
            for alias in server.items(f"taskSpec.networksAdvanceds.{index}.aliases") or []
            if isinstance(alias, str)
        }
    return names - {""}
