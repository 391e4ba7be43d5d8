"""POOL-101: the connection budget of real Docker services."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from agno_ha_policies import docker
from agno_ha_policies.model import StackRule, Violation
from agno_ha_policies.rules.pool_001_budget import Headroom
from agno_ha_policies.view import View, digits, plural

_HOSTS = ("POSTGRES_HOST", "DB_HOST", "PGHOST")


def check(services: Sequence[View[Headroom]]) -> Iterator[Violation]:
    """Compare, below each parent, what the pools may open with what each Postgres server admits."""
    siblings: dict[str, list[View[Headroom]]] = defaultdict(list)
    for service in services:
        siblings[service.resource.parent].append(service)
    for group in siblings.values():
        yield from _group(group)


def _group(group: Sequence[View[Headroom]]) -> Iterator[Violation]:
    users = [service for service in group if docker.has_pool(service) and not _pooled(service)]
    if not users:
        return
    servers = [service for service in group if docker.is_postgres(service)]
    if not servers:
        for service in group:
            if docker.is_postgres(service) is None and service not in users:
                service.unreadable(docker.IMAGE, "is not known yet, so that it may be the Postgres server")
        return
    demand: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for user in users:
        server = servers[0] if len(servers) == 1 else _server(user, servers)
        peak = _peak(user)
        if server is not None and peak is not None:
            demand[server.resource.urn].append((user.name, peak))
    for server in servers:
        limits = docker.postgres_limits(server)
        needed = sum(peak for _, peak in demand[server.resource.urn])
        if limits is None or needed + server.bounds.headroom <= limits.usable:
            continue
        names = ", ".join(name for name, _ in demand[server.resource.urn])
        many = "connections without limit" if needed == float("inf") else plural(needed, "connection")
        yield server.violation(
            docker.ARGS,
            f"{names} may open {many} while rolling, and {digits(limits.usable)} are usable "
            f"(max_connections = {digits(limits.maximum)}). Lower replicas, workers or pools, or raise "
            "max_connections.",
        )


def _pooled(service: View[Headroom]) -> bool:
    return service.text(f"{docker.ENV}.DB_POOLER", "off") not in ("off", None)


def _peak(service: View[Headroom]) -> float | None:
    """Connections of all tasks, the old ones that a roll leaves beside the new ones included."""
    if service.flag("mode.global", False):
        service.unreadable("mode.global", "the number of nodes is not known")
        return None
    replicas, each = docker.replicas(service), docker.pool(service).connections
    order = service.text("updateConfig.order", "stop-first")
    if replicas is None or each is None or order is None:
        return None
    return each * replicas * (2 if order == "start-first" else 1) if replicas else 0


def _server(user: View[Headroom], servers: Sequence[View[Headroom]]) -> View[Headroom] | None:
    environment = user.mapping(docker.ENV) or {}
    variable = next((name for name in _HOSTS if name in environment), _HOSTS[0])
    host = user.value(f"{docker.ENV}.{variable}", "")
    if host is None:
        return None
    named = [server for server in servers if host in _names(server)]
    if len(named) != 1:
        user.unreadable(f"{docker.ENV}.{variable}", "names none of the Postgres servers beside it")
        return None
    return named[0]


def _names(server: View[Headroom]) -> set[str]:
    names = {server.name, server.value("name", "") or ""}
    for index, _ in enumerate(server.items("taskSpec.networksAdvanceds") or []):
        names |= {
            alias
            for alias in server.items(f"taskSpec.networksAdvanceds.{index}.aliases") or []
            if isinstance(alias, str)
        }
    return names - {""}


RULE = StackRule(
    id="POOL-101",
    title="The connection budget of Docker services holds",
    severity="critical",
    rationale="The pools of all tasks, the old ones of a roll included, must fit into the server's "
    "max_connections, whoever wrote the program.",
    remediation="Lower replicas, WORKERS, DB_POOL_SIZE or DB_MAX_OVERFLOW, or raise Postgres' "
    "max_connections.",
    bounds=Headroom,
    types=frozenset({docker.SERVICE}),
    check=check,
)
