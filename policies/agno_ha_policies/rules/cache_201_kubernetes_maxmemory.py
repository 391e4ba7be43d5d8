"""CACHE-201: a Redis on Kubernetes' data against its memory."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import PODS
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules import cache_101_docker_maxmemory as on_docker
from agno_ha_policies.rules.cache_001_maxmemory import Share
from agno_ha_policies.view import View


def check(view: View[Share]) -> Iterator[Violation]:
    """Compare maxmemory with the limit; without a limit OPS-201 speaks."""
    yield from on_docker.check(view)


RULE = ResourceRule(
    id="CACHE-201",
    title="Data of Redis on Kubernetes fits its memory",
    severity="high",
    rationale="Redis without maxmemory, or with too much of it, is killed when it is full, and again after "
    "each restart.",
    remediation="Set --maxmemory; for an AgnoService, redis.maxmemory.",
    bounds=Share,
    types=PODS,
    check=check,
)
