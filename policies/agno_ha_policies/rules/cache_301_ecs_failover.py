"""CACHE-301: failover of Redis."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import CACHE
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Read the setting."""
    if view.flag("automaticFailoverEnabled", False) is False:
        yield view.violation(
            "automaticFailoverEnabled",
            "there is no second node to fail over to. Set it to true with at least two nodes.",
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
    types=frozenset({CACHE}),
    check=check,
)
