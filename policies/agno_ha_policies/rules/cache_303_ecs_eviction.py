"""CACHE-303: what Redis does when it is full."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import CACHE, CACHE_CLUSTER, CACHE_PARAMETERS
from agno_ha_policies.aws.parameters import is_own, parameter, sets
from agno_ha_policies.aws.stores import is_redis
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

_OWN = "ElastiCache's own volatile-lru throws keys away, and Redis holds the queue"


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at the parameter; ElastiCache's own, volatile-lru, holds where no group sets it."""
    if view.resource.type != CACHE_PARAMETERS:
        if is_redis(view) and is_own(view, "parameterGroupName"):
            yield view.violation(
                "parameterGroupName", f"{_OWN}. Name a group that sets maxmemory-policy to noeviction."
            )
        return
    family = view.text("family", "redis")
    if family is None or not family.startswith(("redis", "valkey")):
        return
    policy = parameter(view, "maxmemory-policy")
    if policy is not None and policy[1] != "noeviction":
        yield view.violation(
            policy[0], f"{policy[1]} throws keys away, and Redis holds the queue. Set it to noeviction."
        )
    elif policy is None and not sets(view, "maxmemory-policy"):
        yield view.violation("parameters", f"{_OWN}. Set maxmemory-policy to noeviction.")


RULE = ResourceRule(
    id="CACHE-303",
    title="A full Redis on ElastiCache says so",
    severity="critical",
    levels={"dev": "advisory"},
    rationale="The queue lives in Redis: a policy that evicts throws queued runs away without a word.",
    remediation="Set maxmemory-policy to noeviction; for an AgnoService, redis.maxmemoryPolicy.",
    bounds=NoBounds,
    types=frozenset({CACHE, CACHE_CLUSTER, CACHE_PARAMETERS}),
    check=check,
)
