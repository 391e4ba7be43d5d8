"""CACHE-002: what a full Redis does."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.model import SERVICE, NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Read the policy of a managed server; it always holds the queue."""
    policy = service.text("maxmemoryPolicy")
    if service.text("redisMode") == "managed" and policy is not None and policy != "noeviction":
        yield service.violation(
            "maxmemoryPolicy",
            "redis.maxmemoryPolicy is not noeviction, and Redis holds the queue. Set it to noeviction.",
        )


RULE = ResourceRule(
    id="CACHE-002",
    title="A full Redis says so",
    severity="critical",
    rationale="Redis holds the queue, event streams and perhaps sessions: with an eviction policy a full one "
    "silently drops turns that were acknowledged.",
    remediation="Set redis.maxmemoryPolicy to noeviction.",
    bounds=NoBounds,
    types=frozenset({SERVICE}),
    check=check,
)
