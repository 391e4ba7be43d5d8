"""POOL-201: the connection budget of real pods, whoever wrote the program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.docker.pools import server_of, users
from agno_ha_policies.docker.servers import is_postgres, postgres_limits
from agno_ha_policies.docker.workload import ARGS, IMAGE
from agno_ha_policies.kubernetes.budget import peak
from agno_ha_policies.kubernetes.kinds import AUTOSCALERS, SERVERS
from agno_ha_policies.model import StackRule, Violation
from agno_ha_policies.rules.pool_001_budget import Headroom
from agno_ha_policies.view import View, digits, plural, siblings


def check(views: Sequence[View[Headroom]]) -> Iterator[Violation]:
    """Compare, below each parent, what the pools may open with what each Postgres server admits."""
    for group in siblings(views):
        yield from _group(group)


def _group(group: Sequence[View[Headroom]]) -> Iterator[Violation]:
    workloads = [view for view in group if view.resource.type in SERVERS]
    clients = users(workloads)
    servers = [view for view in workloads if is_postgres(view)]
    if clients and not servers:
        for view in workloads:
            if is_postgres(view) is None and view not in clients:
                view.unreadable(IMAGE, "is not known yet, so that it may be the Postgres server")
    for server in servers:
        opened = {
            client.name: peak(client, group) for client in clients if server_of(client, servers) is server
        }
        needed = sum(number for number in opened.values() if number is not None)
        limits = postgres_limits(server)
        if limits is None or needed + server.bounds.headroom <= limits.usable:
            continue
        many = "connections without limit" if needed == float("inf") else plural(needed, "connection")
        yield server.violation(
            ARGS,
            f"{', '.join(opened)} may open {many} while rolling, and {digits(limits.usable)} are usable "
            f"(max_connections = {digits(limits.maximum)}). Lower what may run, workers or pools, or raise "
            "max_connections.",
        )


RULE = StackRule(
    id="POOL-201",
    title="The connection budget of pods holds",
    severity="critical",
    rationale="The pools of all pods must fit into the server's max_connections: at the autoscaler's most, "
    "and with the old pods of a roll, which keep their connections while they drain, beside the new ones.",
    remediation="Lower the autoscaler's most, WORKERS, DB_POOL_SIZE or DB_MAX_OVERFLOW, or raise "
    "max_connections.",
    bounds=Headroom,
    types=SERVERS | AUTOSCALERS,
    check=check,
)
