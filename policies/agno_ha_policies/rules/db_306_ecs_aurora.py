"""DB-306: a second instance of Aurora."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.aws.kinds import CLUSTER, CLUSTER_INSTANCE
from agno_ha_policies.aws.references import meant
from agno_ha_policies.aws.stores import is_postgres, is_replica
from agno_ha_policies.model import NoBounds, StackRule, Violation
from agno_ha_policies.view import View, siblings

_MEMBERS = "clusterMembers"


def check(views: Sequence[View[NoBounds]]) -> Iterator[Violation]:
    """Count the instances of each cluster; those that AWS makes by itself have a standby."""
    for group in siblings(views):
        clusters = [each for each in group if each.resource.type == CLUSTER]
        members = [
            meant(each, "clusterIdentifier", clusters, "clusterIdentifier")
            for each in group
            if each.resource.type == CLUSTER_INSTANCE
        ]
        for cluster in clusters:
            if not is_postgres(cluster) or is_replica(cluster) or _makes_its_own(cluster):
                continue
            found = [each for each in members if cluster in each]
            if not found:
                cluster.unreadable(_MEMBERS, "none of its instances is beside it")
            elif len(found) == 1:
                yield cluster.violation(
                    _MEMBERS,
                    "its one instance has nothing to fail over to. Give it a second ClusterInstance.",
                )


def _makes_its_own(cluster: View[NoBounds]) -> bool:
    made = cluster.known("dbClusterInstanceClass", None) is not None
    return made or cluster.text("engineMode", "") == "serverless"


RULE = StackRule(
    id="DB-306",
    title="Postgres on Aurora fails over",
    severity="critical",
    levels={"dev": "disabled"},
    rationale="Where the only instance fails, Aurora makes another, which takes minutes: an outage of everything.",
    remediation="Give the cluster a second ClusterInstance, in another zone.",
    bounds=NoBounds,
    types=frozenset({CLUSTER, CLUSTER_INSTANCE}),
    check=check,
)
