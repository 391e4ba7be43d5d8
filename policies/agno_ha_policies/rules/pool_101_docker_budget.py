"""POOL-101: the connection budget of real Docker services, whoever wrote the program."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

from agno_ha_policies.docker.pools import peak, postgres_servers, server_of, users
from agno_ha_policies.docker.servers import is_postgres, postgres_limits
from agno_ha_policies.docker.workload import ARGS, IMAGE, SERVICES
from agno_ha_policies.model import StackRule, Violation
from agno_ha_policies.rules.pool_001_budget import Headroom
from agno_ha_policies.view import View, digits, plural, siblings


def check(services: Sequence[View[Headroom]]) -> Iterator[Violation]:
    """Compare, below each parent, what the pools may open with what each Postgres server admits."""
    for group in siblings(services):
        yield from _group(group)


def _group(group: Sequence[View[Headroom]]) -> Iterator[Violation]:
    clients = users(group)
    if not clients:
        return
    servers = postgres_servers(group)
    if not servers:
        for service in group:
            if is_postgres(service) is None and service not in clients:
                service.unreadable(IMAGE, "is not known yet, so that it may be the Postgres server")
        return
    demand: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for client in clients:
        server = server_of(client, servers)
        opened = peak(client)
        if server is not None and opened is not None:
            demand[server.resource.urn].append((client.name, opened.rolling))
    for server in servers:
        limits = postgres_limits(server)
        needed = sum(opened for _, opened in demand[server.resource.urn])
        if limits is None or needed + server.bounds.headroom <= limits.usable:
            continue
        names = ", ".join(name for name, _ in demand[server.resource.urn])
        many = "connections without limit" if needed == float("inf") else plural(needed, "connection")
        yield server.violation(
            ARGS,
            f"{names} may open {many} while rolling, and {digits(limits.usable)} are usable "
            f"(max_connections = {digits(limits.maximum)}). Lower replicas, workers or pools, or raise "
            "max_connections.",
        )


RULE = StackRule(
    id="POOL-101",
    title="The connection budget of Docker services holds",
    severity="critical",
    rationale="The pools of all tasks, the old ones of a roll included, must fit into the server's "
    "max_connections, whoever wrote the program.",
    remediation="Lower replicas, WORKERS, DB_POOL_SIZE or DB_MAX_OVERFLOW, or raise Postgres' "
    "max_connections.",
    bounds=Headroom,
    types=SERVICES,
    check=check,
)
