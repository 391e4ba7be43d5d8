"""CACHE-304: cluster mode of Redis."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import CACHE, CACHE_PARAMETERS, SERVERLESS_CACHE
from agno_ha_policies.aws.parameters import parameter
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View, digits

_WHY = "Agno's queue does not speak to a cluster"


def check(group: View[NoBounds]) -> Iterator[Violation]:
    """Look at the ways to ask for one; a serverless cache always is."""
    if group.resource.type == SERVERLESS_CACHE:
        if group.text("engine") != "memcached":
            yield group.violation(
                "engine", f"{_WHY}, as which every serverless cache is made. Use a ReplicationGroup."
            )
        return
    if group.resource.type == CACHE_PARAMETERS:
        enabled = parameter(group, "cluster-enabled")
        if enabled is not None and enabled[1] == "yes":
            yield group.violation(enabled[0], f"{_WHY}. Leave it out.")
        return
    shards = group.number("numNodeGroups", 1)
    if shards is not None and shards > 1:
        yield group.violation("numNodeGroups", f"{digits(shards)} node groups are a cluster. Set it to 1.")
    elif group.text("clusterMode", "disabled") not in ("disabled", None):
        yield group.violation("clusterMode", f"{_WHY}. Set it to disabled.")
    elif str(group.known("parameterGroupName", "")).endswith(".cluster.on"):
        yield group.violation("parameterGroupName", f"{_WHY}. Name a group of another kind.")


RULE = ResourceRule(
    id="CACHE-304",
    title="Redis on ElastiCache is no cluster",
    severity="critical",
    rationale="Agno's queue and event streams use keys of several slots at once, which a Redis Cluster refuses.",
    remediation="Leave clusterMode disabled, with one node group and replicas.",
    bounds=NoBounds,
    types=frozenset({CACHE, CACHE_PARAMETERS, SERVERLESS_CACHE}),
    check=check,
)
