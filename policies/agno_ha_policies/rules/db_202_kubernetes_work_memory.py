"""DB-202: the memory of all sorts of a Postgres on Kubernetes."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import SERVERS
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules import db_102_docker_work_memory as on_docker
from agno_ha_policies.rules.db_002_work_memory import WorkMemory
from agno_ha_policies.view import View


def check(view: View[WorkMemory]) -> Iterator[Violation]:
    """Compare what all connections may take with the limit."""
    yield from on_docker.check(view)


RULE = ResourceRule(
    id="DB-202",
    title="Sorts of all connections fit the memory of Postgres on Kubernetes",
    severity="high",
    rationale="Each connection may take work_mem more than once a query: many at the same time, and the "
    "kernel kills the database.",
    remediation="Lower work_mem or max_connections, or raise the memory limit.",
    bounds=WorkMemory,
    types=SERVERS,
    check=check,
)
