"""CACHE-101: a real Redis' data against its container's memory."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha.topology.units import size_text

from agno_ha_policies.docker.servers import is_redis, setting, size, told
from agno_ha_policies.docker.workload import ARGS, MEMORY, SERVICES
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules.cache_001_maxmemory import Share
from agno_ha_policies.view import View


def check(service: View[Share]) -> Iterator[Violation]:
    """Compare maxmemory with the limit; without a limit OPS-101 speaks."""
    if not told(service, is_redis(service), "Redis"):
        return
    memory, data = service.number(MEMORY, 0), size(service, "maxmemory", "0")
    logged = setting(service, "appendonly", "no")
    if not memory or data is None or logged is None:
        return
    share = service.bounds.appendonly if logged == "yes" else service.bounds.otherwise
    if data == 0:
        yield service.violation(
            ARGS,
            f"no maxmemory below the limit of {size_text(int(memory))}. Set it to {share}% of it or less.",
        )
    elif data * 100 > memory * share:
        yield service.violation(
            ARGS,
            f"maxmemory = {size_text(int(data))} is more than {share}% of the memory limit of "
            f"{size_text(int(memory))}. Lower it, or raise the limit.",
        )


RULE = ResourceRule(
    id="CACHE-101",
    title="Data of Docker's Redis fits its memory",
    severity="high",
    rationale="Redis without maxmemory, or with too much of it, is killed by the kernel when it is full, and again "
    "after each restart.",
    remediation="Set --maxmemory; for an AgnoService, redis.maxmemory.",
    bounds=Share,
    types=SERVICES,
    check=check,
)
