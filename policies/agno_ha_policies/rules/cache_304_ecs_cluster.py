"""CACHE-304: cluster mode of Redis."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import CACHE
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View, digits


def check(group: View[NoBounds]) -> Iterator[Violation]:
    """Look at the ways to ask for one."""
    shards = group.number("numNodeGroups", 1)
    if shards is not None and shards > 1:
        yield group.violation("numNodeGroups", f"{digits(shards)} node groups are a cluster. Set it to 1.")
    elif group.text("clusterMode", "disabled") not in ("disabled", None):
        yield group.violation("clusterMode", "Agno's queue does not speak to a cluster. Set it to disabled.")


RULE = ResourceRule(
    id="CACHE-304",
    title="Redis on ElastiCache is no cluster",
    severity="critical",
    rationale="Agno's queue and event streams use keys of several slots at once, which a Redis Cluster refuses.",
    remediation="Leave clusterMode disabled, with one node group and replicas.",
    bounds=NoBounds,
    types=frozenset({CACHE}),
    check=check,
)
