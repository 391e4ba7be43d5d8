"""POOL-201: the connection budget of real pods, whoever wrote the program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from functools import partial

from agno_ha_policies.kubernetes.kinds import AUTOSCALERS, SERVERS, SERVICE
from agno_ha_policies.kubernetes.pods import parts, tasks
from agno_ha_policies.model import StackRule, Violation
from agno_ha_policies.rules import pool_101_docker_budget as on_docker
from agno_ha_policies.rules.pool_001_budget import Headroom
from agno_ha_policies.view import View, siblings


def check(views: Sequence[View[Headroom]]) -> Iterator[Violation]:
    """Compare what the pools of all containers may open with what each Postgres server admits."""
    for group in siblings(views):
        workloads = [part for view in group if view.resource.type in SERVERS for part in parts(view)]
        yield from on_docker.compared(workloads, group, partial(tasks, group=group))


RULE = StackRule(
    id="POOL-201",
    title="The connection budget of pods holds",
    severity="critical",
    rationale="The pools of all pods must fit into the server's max_connections: at the autoscaler's most, "
    "and with the old pods of a roll, which keep their connections while they drain, beside the new ones.",
    remediation="Lower the autoscaler's most, WORKERS, DB_POOL_SIZE or DB_MAX_OVERFLOW, or raise "
    "max_connections.",
    bounds=Headroom,
    types=SERVERS | AUTOSCALERS | {SERVICE},
    check=check,
)
