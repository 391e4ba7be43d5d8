"""CACHE-106: a real Redis' settings against the facts."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.agreement import differs
from agno_ha_policies.docker.servers import setting, size
from agno_ha_policies.docker.workload import ARGS, SERVICES, is_own
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Compare an AgnoService's own Redis with its facts."""
    if not is_own(service, "redis"):
        return
    yield from differs(
        service, ARGS, "maxmemory", size(service, "maxmemory", "0"), "maxmemory", "redis.maxmemory"
    )
    policy = setting(service, "maxmemory-policy", "noeviction")
    yield from differs(service, ARGS, "maxmemory-policy", policy, "maxmemoryPolicy", "redis.maxmemoryPolicy")


RULE = ResourceRule(
    id="CACHE-106",
    title="Redis' settings agree with the facts",
    severity="high",
    rationale="The memory budget is made from the facts; a setting that something else changes makes it wrong.",
    remediation="Let the topology decide Redis' settings.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
