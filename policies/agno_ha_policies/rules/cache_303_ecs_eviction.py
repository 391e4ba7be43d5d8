"""CACHE-303: what Redis does when it is full."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import CACHE_PARAMETERS
from agno_ha_policies.aws.parameters import parameter
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(group: View[NoBounds]) -> Iterator[Violation]:
    """Look at the parameter; ElastiCache's own default, volatile-lru, holds where the group does not set it."""
    policy = parameter(group, "maxmemory-policy")
    if policy is not None and policy[1] != "noeviction":
        yield group.violation(
            policy[0], "it throws keys away, and Redis holds the queue. Set it to noeviction."
        )


RULE = ResourceRule(
    id="CACHE-303",
    title="A full Redis on ElastiCache says so",
    severity="critical",
    levels={"dev": "advisory"},
    rationale="The queue lives in Redis: a policy that evicts throws queued runs away without a word.",
    remediation="Set maxmemory-policy to noeviction; for an AgnoService, redis.maxmemoryPolicy.",
    bounds=NoBounds,
    types=frozenset({CACHE_PARAMETERS}),
    check=check,
)
