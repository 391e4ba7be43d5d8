"""CACHE-305: encryption of Redis' snapshots."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import CACHE, CACHE_CLUSTER
from agno_ha_policies.aws.stores import is_redis
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Read the setting, which a cluster of its own does not have and Valkey has of itself."""
    default = view.known("engine", "redis") == "valkey" and view.resource.type == CACHE
    if is_redis(view) and view.flag("atRestEncryptionEnabled", default) is False:
        yield view.violation(
            "atRestEncryptionEnabled",
            "disks and snapshots are not encrypted. Set it to true in a replication group.",
        )


RULE = ResourceRule(
    id="CACHE-305",
    title="Redis on ElastiCache is encrypted at rest",
    severity="medium",
    levels={"dev": "disabled"},
    rationale="Snapshots hold events and, where they are kept there, sessions. It can't be switched on later.",
    remediation="Set atRestEncryptionEnabled of a replication group to true.",
    bounds=NoBounds,
    types=frozenset({CACHE, CACHE_CLUSTER}),
    check=check,
)
