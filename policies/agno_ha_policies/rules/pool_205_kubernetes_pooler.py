"""POOL-205: PgBouncer's configuration on Kubernetes against its server and its clients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.docker.files import DATA, pgbouncer
from agno_ha_policies.docker.pools import is_pooled, postgres_servers
from agno_ha_policies.docker.servers import postgres_limits
from agno_ha_policies.docker.workload import has_pool
from agno_ha_policies.kubernetes.budget import number, peak
from agno_ha_policies.kubernetes.kinds import AUTOSCALERS, CONFIG_MAPS, SERVERS
from agno_ha_policies.model import StackRule, Violation
from agno_ha_policies.rules.pool_001_budget import Headroom
from agno_ha_policies.view import View, digits, plural, siblings


def check(views: Sequence[View[Headroom]]) -> Iterator[Violation]:
    """Compare both sides of each PgBouncer with what is beside it."""
    for group in siblings(views):
        for config in group:
            text = pgbouncer(config) if config.resource.type in CONFIG_MAPS else None
            if text is not None:
                yield from _both_sides(config, text, group)


def _both_sides(config: View[Headroom], text: str, group: Sequence[View[Headroom]]) -> Iterator[Violation]:
    workloads = [view for view in group if view.resource.type in SERVERS]
    servers = postgres_servers(workloads)
    size = number(config, text, "max_db_connections", number(config, text, "default_pool_size", 20))
    limits = postgres_limits(servers[0]) if len(servers) == 1 else None
    if size is not None and limits is not None and size + config.bounds.headroom > limits.usable:
        yield config.violation(
            DATA,
            f"PgBouncer opens up to {digits(size)} connections, and {digits(limits.usable)} of "
            f"{servers[0].name} are usable. Lower max_db_connections or default_pool_size.",
        )
    limit = number(config, text, "max_client_conn", 100)
    peaks = [peak(view, group) for view in workloads if has_pool(view) and is_pooled(view)]
    opened = sum(each for each in peaks if each is not None)
    if limit is not None and opened > limit:
        many = "connections without limit" if opened == float("inf") else plural(opened, "connection")
        yield config.violation(
            DATA,
            f"its clients open {many} while rolling, and max_client_conn = {digits(limit)}. Raise it, or lower "
            "the pools.",
        )


RULE = StackRule(
    id="POOL-205",
    title="PgBouncer on Kubernetes fits both sides",
    severity="critical",
    rationale="A pooler that opens more connections than Postgres admits moves the exhaustion, one that "
    "admits fewer clients than the pools open refuses them.",
    remediation="Set max_db_connections and max_client_conn; for an AgnoService, postgres.pooler.",
    bounds=Headroom,
    types=SERVERS | AUTOSCALERS | CONFIG_MAPS,
    check=check,
)
