"""DB-101: a real Postgres' caches against its container's memory."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha.topology.units import size_text

from agno_ha_policies.docker.servers import is_postgres, size, told
from agno_ha_policies.docker.workload import ARGS, MEMORY, SERVICES
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules.db_001_caches import Caches
from agno_ha_policies.view import View

_PAGE = 8 * 1024


def check(service: View[Caches]) -> Iterator[Violation]:
    """Compare both with the limit; without a limit OPS-101 speaks."""
    if not told(service, is_postgres(service), "Postgres"):
        return
    memory = service.number(MEMORY, 0)
    for name, default, share in (
        ("shared_buffers", "128MB", service.bounds.shared_buffers),
        ("effective_cache_size", "0", service.bounds.effective_cache_size),
    ):
        value = size(service, name, default, _PAGE)
        if memory and value is not None and value * 100 > memory * share:
            yield service.violation(
                ARGS,
                f"{name} = {size_text(int(value))} is more than {share}% of the memory limit of "
                f"{size_text(int(memory))}. Lower it, or raise the limit.",
            )


RULE = ResourceRule(
    id="DB-101",
    title="Caches of Docker's Postgres fit its memory",
    severity="high",
    rationale="shared_buffers are taken from the same limit as every connection: too many of them end in an out-of- "
    "memory kill of the database.",
    remediation="Set shared_buffers and effective_cache_size; for an AgnoService, postgres of its topology.",
    bounds=Caches,
    types=SERVICES,
    check=check,
)
