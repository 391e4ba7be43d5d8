"""CACHE-301: failover of Redis."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import CACHE, CACHE_CLUSTER
from agno_ha_policies.aws.stores import is_redis
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Read the setting; a cluster of its own, which has none, is one node."""
    if is_redis(view) and view.flag("automaticFailoverEnabled", False) is False:
        yield view.violation(
            "automaticFailoverEnabled",
            "there is no second node to fail over to. Set it to true in a replication group of two nodes.",
        )


RULE = ResourceRule(
    id="CACHE-301",
    title="Redis on ElastiCache fails over",
    severity="critical",
    levels={"dev": "disabled"},
    rationale="ElastiCache keeps no log: with one node its failure loses the queue, and stops every instance "
    "meanwhile.",
    remediation="Set automaticFailoverEnabled with two nodes; for an AgnoService, redis.highAvailability.",
    bounds=NoBounds,
    types=frozenset({CACHE, CACHE_CLUSTER}),
    check=check,
)
