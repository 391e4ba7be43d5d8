"""POOL-205: PgBouncer's configuration on Kubernetes against its server and its clients."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from agno_ha_policies.kubernetes.kinds import AUTOSCALERS, CONFIG_MAPS, SERVERS, SERVICE
from agno_ha_policies.kubernetes.pods import parts, tasks
from agno_ha_policies.model import StackRule, Violation
from agno_ha_policies.rules import pool_105_docker_pooler as on_docker
from agno_ha_policies.rules.pool_001_budget import Headroom
from agno_ha_policies.view import View, siblings


def check(views: Sequence[View[Headroom]]) -> Iterator[Violation]:
    """Compare both sides of each PgBouncer with its server and its clients."""
    for group in siblings(views):
        workloads = [part for view in group if view.resource.type in SERVERS for part in parts(view)]
        configs = [view for view in group if view.resource.type in CONFIG_MAPS]
        yield from on_docker.compared(configs, workloads, group, partial(tasks, group=group))


RULE = StackRule(
    id="POOL-205",
    title="PgBouncer on Kubernetes fits both sides",
    severity="critical",
    rationale="A pooler that opens more connections than Postgres admits moves the exhaustion, one that "
    "admits fewer clients than the pools open refuses them.",
    remediation="Set max_db_connections and max_client_conn; for an AgnoService, postgres.pooler.",
    bounds=Headroom,
    types=SERVERS | AUTOSCALERS | CONFIG_MAPS | {SERVICE},
    check=check,
)
