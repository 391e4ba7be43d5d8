"""DB-103: a real Postgres' settings against the facts."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.agreement import differs
from agno_ha_policies.docker.servers import size
from agno_ha_policies.docker.workload import ARGS, SERVICES, is_own
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Compare an AgnoService's own Postgres with its facts."""
    if not is_own(service, "postgres"):
        return
    for name, default, unit, fact in (
        ("shared_buffers", "128MB", 8192, "sharedBuffers"),
        ("effective_cache_size", "4GB", 8192, "effectiveCacheSize"),
        ("work_mem", "4MB", 1024, "workMem"),
    ):
        yield from differs(service, ARGS, name, size(service, name, default, unit), fact, f"postgres.{fact}")


RULE = ResourceRule(
    id="DB-103",
    title="Postgres' settings agree with the facts",
    severity="high",
    rationale="The memory budget is made from the facts; a setting that something else changes makes it wrong.",
    remediation="Let the topology decide Postgres' settings.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
