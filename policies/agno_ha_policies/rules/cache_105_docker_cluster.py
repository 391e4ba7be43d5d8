"""CACHE-105: Redis' cluster mode."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.servers import is_redis, setting
from agno_ha_policies.docker.workload import ARGS, SERVICES
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look for the setting."""
    if is_redis(service) and setting(service, "cluster-enabled", "no") == "yes":
        yield service.violation(
            ARGS, "Agno's queue does not speak Redis' cluster mode. Remove --cluster-enabled."
        )


RULE = ResourceRule(
    id="CACHE-105",
    title="Redis is not in cluster mode",
    severity="critical",
    rationale="In cluster mode keys of one transaction live on several nodes: the queue and the event streams fail.",
    remediation="Run one Redis, with replicas where it must fail over.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
