"""POOL-105: PgBouncer's configuration against its server and its clients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.docker.files import CONFIG, CONFIGS, DATA, entry, pgbouncer
from agno_ha_policies.docker.pools import is_pooled, peak, postgres_servers
from agno_ha_policies.docker.servers import postgres_limits
from agno_ha_policies.docker.workload import SERVICE, SERVICES, has_pool
from agno_ha_policies.model import StackRule, Violation
from agno_ha_policies.rules.pool_001_budget import Headroom
from agno_ha_policies.view import View, digits, plural, siblings

_DEFAULT_CLIENTS = 100  # PgBouncer's
_DEFAULT_POOL = 20


def check(resources: Sequence[View[Headroom]]) -> Iterator[Violation]:
    """Compare both sides of each PgBouncer with what is beside it."""
    for group in siblings(resources):
        services = [each for each in group if each.resource.type == SERVICE]
        for config in group:
            text = pgbouncer(config) if config.resource.type == CONFIG else None
            if text is not None:
                yield from _server_side(config, text, services)
                yield from _client_side(config, text, services)


def _server_side(
    config: View[Headroom], text: str, services: Sequence[View[Headroom]]
) -> Iterator[Violation]:
    servers = postgres_servers(services)
    size = _number(
        config, text, "max_db_connections", _number(config, text, "default_pool_size", _DEFAULT_POOL)
    )
    limits = postgres_limits(servers[0]) if len(servers) == 1 else None
    if size is not None and limits is not None and size + config.bounds.headroom > limits.usable:
        yield config.violation(
            DATA,
            f"PgBouncer opens up to {digits(size)} connections, and {digits(limits.usable)} of "
            f"{servers[0].name} are usable. Lower max_db_connections or default_pool_size.",
        )


def _client_side(
    config: View[Headroom], text: str, services: Sequence[View[Headroom]]
) -> Iterator[Violation]:
    limit = _number(config, text, "max_client_conn", _DEFAULT_CLIENTS)
    peaks = [peak(service) for service in services if has_pool(service) and is_pooled(service)]
    opened = sum(each.rolling for each in peaks if each is not None)
    if limit is not None and opened > limit:
        many = "connections without limit" if opened == float("inf") else plural(opened, "connection")
        yield config.violation(
            DATA,
            f"its clients open {many} while rolling, and max_client_conn = {digits(limit)}. Raise it, or lower "
            "the pools.",
        )


def _number(config: View[Headroom], text: str, name: str, default: float | None) -> float | None:
    given = entry(text, name)
    if given is None or given.isdecimal():
        return default if given is None else float(given)
    config.unreadable(DATA, f"{name} is not a whole number")
    return None


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
