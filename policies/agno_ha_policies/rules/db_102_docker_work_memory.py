"""DB-102: the memory of all sorts of a real Postgres."""
# ruff: noqa: RUF001, RUF002

from __future__ import annotations

from collections.abc import Iterator

from agno_ha.topology.units import size_text

from agno_ha_policies.docker.servers import is_postgres, size, whole
from agno_ha_policies.docker.workload import ARGS, MEMORY, SERVICES
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules.db_002_work_memory import WorkMemory
from agno_ha_policies.view import View


def check(service: View[WorkMemory]) -> Iterator[Violation]:
    """Compare shared_buffers + max_connections × work_mem with the limit."""
    if not is_postgres(service):
        return
    memory, connections = service.number(MEMORY, 0), whole(service, "max_connections")
    buffers, each = size(service, "shared_buffers", "128MB", 8192), size(service, "work_mem", "4MB", 1024)
    if not memory or connections is None or buffers is None or each is None:
        return
    needed = buffers + connections * each
    if needed * 100 > memory * service.bounds.share:
        yield service.violation(
            ARGS,
            f"shared_buffers + max_connections × work_mem = {size_text(int(needed))} is more than "
            f"{service.bounds.share}% of the memory limit of {size_text(int(memory))}. Lower work_mem or "
            "max_connections, or raise the limit.",
        )


RULE = ResourceRule(
    id="DB-102",
    title="Sorts of all connections fit the memory of Docker's Postgres",
    severity="high",
    rationale="Each connection may take work_mem more than once a query: many at the same time, and the kernel "
    "kills the database.",
    remediation="Lower work_mem or max_connections, or raise the memory limit.",
    bounds=WorkMemory,
    types=SERVICES,
    check=check,
)
