"""CACHE-003: what of Redis survives a restart."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.model import SERVICE, NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Read the facts of a managed server; where the target keeps no log, a standby keeps the data."""
    if service.text("redisMode") != "managed" or service.flag("appendonly") is not False:
        return
    if service.flag("redisFailover", False) is False:
        yield service.violation(
            "appendonly",
            "Redis keeps no log: the queue is gone after a restart. Set redis.persistence.appendonly to true, or "
            "redis.highAvailability where the target has a standby.",
        )


RULE = ResourceRule(
    id="CACHE-003",
    title="Redis survives a restart",
    severity="critical",
    levels={"dev": "advisory"},
    rationale="Queued runs, and sessions where they are kept in Redis, would be gone with the container.",
    remediation="Set redis.persistence.appendonly to true, or redis.highAvailability where the target has a standby.",
    bounds=NoBounds,
    types=frozenset({SERVICE}),
    check=check,
)
