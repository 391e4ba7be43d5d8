"""POOL-105: PgBouncer's configuration against its server and its clients."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from agno_ha_policies.addresses import POSTGRES, server_of
from agno_ha_policies.docker.files import CONFIG, CONFIGS, DATA, pgbouncer
from agno_ha_policies.docker.pooler import Pooler, is_pgbouncer, number, poolers, servers_of
from agno_ha_policies.docker.pools import Tasks, is_pooled, peak, postgres_servers, tasks
from agno_ha_policies.docker.servers import postgres_limits
from agno_ha_policies.docker.workload import SERVICE, SERVICES, has_pool
from agno_ha_policies.model import StackRule, Violation
from agno_ha_policies.rules.pool_001_budget import Headroom
from agno_ha_policies.view import View, digits, plural, siblings

Running = Callable[[View[Headroom]], Tasks | None]
_DEFAULT_CLIENTS = 100  # PgBouncer's
_DEFAULT_POOL = 20


def check(resources: Sequence[View[Headroom]]) -> Iterator[Violation]:
    """Compare both sides of each PgBouncer with its server and its clients."""
    for group in siblings(resources):
        services = [each for each in group if each.resource.type == SERVICE]
        configs = [each for each in group if each.resource.type == CONFIG]
        yield from compared(configs, services, group, tasks)


def compared(
    configs: Sequence[View[Headroom]],
    workloads: Sequence[View[Headroom]],
    group: Sequence[View[Headroom]],
    running: Running,
) -> Iterator[Violation]:
    """Compare each PgBouncer's configuration among `configs`; `group` may name the servers."""
    files = [(config, text) for config in configs if (text := pgbouncer(config)) is not None]
    for pooler in poolers(files, workloads, running):
        yield from _server_side(pooler, workloads, group)
        yield from _client_side(pooler, workloads, group, running)


def _server_side(
    pooler: Pooler[Headroom], workloads: Sequence[View[Headroom]], group: Sequence[View[Headroom]]
) -> Iterator[Violation]:
    config = pooler.config
    size = number(pooler, "max_db_connections", 0) or number(pooler, "default_pool_size", _DEFAULT_POOL)
    for server in servers_of(pooler, postgres_servers(workloads), group):
        limits = postgres_limits(server)
        if size is None or limits is None:
            continue
        opened = size * pooler.running.rolling
        if opened + config.bounds.headroom > limits.usable:
            yield config.violation(
                DATA,
                f"{plural(pooler.running.rolling, 'PgBouncer')} with {digits(size)} connections open up to "
                f"{digits(opened)} while rolling, and {digits(limits.usable)} of {server.name} are usable. Lower "
                "max_db_connections or default_pool_size, or what may run.",
            )


def _client_side(
    pooler: Pooler[Headroom],
    workloads: Sequence[View[Headroom]],
    group: Sequence[View[Headroom]],
    running: Running,
) -> Iterator[Violation]:
    limit = number(pooler, "max_client_conn", _DEFAULT_CLIENTS)
    clients = [each for each in workloads if has_pool(each) and is_pooled(each)]
    every = [each for each in workloads if is_pgbouncer(each)]
    if every:
        clients = [each for each in clients if server_of(each, every, group, POSTGRES) in pooler.workloads]
    peaks = [peak(each, running(each)) for each in clients]
    opened = sum(each.rolling for each in peaks if each is not None)
    if limit is not None and opened > limit * pooler.running.least:
        many = "connections without limit" if opened == float("inf") else plural(opened, "connection")
        yield pooler.config.violation(
            DATA,
            f"its clients open {many} while rolling, and max_client_conn = {digits(limit)} of "
            f"{plural(pooler.running.least, 'PgBouncer')}. Raise it, or lower the pools.",
        )


RULE = StackRule(
    id="POOL-105",
    title="PgBouncer fits both sides",
    severity="critical",
    rationale="A pooler that opens more connections than Postgres admits moves the exhaustion, one that admits "
    "fewer clients than the pools open refuses them.",
    remediation="Set max_db_connections and max_client_conn; for an AgnoService, postgres.pooler.",
    bounds=Headroom,
    types=SERVICES | CONFIGS,
    check=check,
)
