"""POOL-101: the connection budget of real Docker services, whoever wrote the program."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence

from agno_ha_policies.addresses import POSTGRES, meant, server_of, variable
from agno_ha_policies.docker.pools import Tasks, peak, postgres_servers, tasks, users
from agno_ha_policies.docker.servers import is_postgres, postgres_limits
from agno_ha_policies.docker.workload import ARGS, IMAGE, SERVICES
from agno_ha_policies.model import StackRule, Violation
from agno_ha_policies.rules.pool_001_budget import Headroom
from agno_ha_policies.view import View, digits, plural, siblings


def check(services: Sequence[View[Headroom]]) -> Iterator[Violation]:
    """Compare what the pools may open with what each Postgres server admits."""
    for group in siblings(services):
        yield from compared(group, group, tasks)


def compared(
    workloads: Sequence[View[Headroom]],
    group: Sequence[View[Headroom]],
    running: Callable[[View[Headroom]], Tasks | None],
) -> Iterator[Violation]:
    """Compare those among `workloads` that have pools with the servers among them; `group` may name these."""
    clients, servers = users(workloads), postgres_servers(workloads)
    if not servers:
        _say_what_may_be_one(clients, workloads, group)
    demand: dict[str, list[tuple[str, float]]] = defaultdict(list)
    for client in clients:
        server = server_of(client, servers, group, POSTGRES)
        opened = peak(client, running(client)) if server is not None else None
        if server is not None and opened is not None:
            demand[server.resource.urn].append((client.name, opened.rolling))
    for server in servers:
        opened_here = demand[server.resource.urn]
        limits = postgres_limits(server) if opened_here else None
        needed = sum(opened for _, opened in opened_here)
        if limits is None or needed + server.bounds.headroom <= limits.usable:
            continue
        names = ", ".join(dict.fromkeys(name for name, _ in opened_here))
        many = "connections without limit" if needed == float("inf") else plural(needed, "connection")
        yield server.violation(
            ARGS,
            f"{names} may open {many} while rolling, and {digits(limits.usable)} are usable "
            f"(max_connections = {digits(limits.maximum)}). Lower what may run, workers or pools, or raise "
            "max_connections.",
        )


def _say_what_may_be_one(
    clients: Sequence[View[Headroom]], workloads: Sequence[View[Headroom]], group: Sequence[View[Headroom]]
) -> None:
    possible = [each for each in workloads if is_postgres(each) is None and each not in clients]
    hosts = [(client, client.known(variable(client, POSTGRES), "")) for client in clients]
    used = [each for client, host in hosts for each in meant(client, host, possible, group)]
    for each in possible:
        if each in used:
            each.unreadable(IMAGE, "is not known yet, so that it may be the Postgres server")


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
