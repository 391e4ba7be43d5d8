"""CACHE-302: who may talk to Redis."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import CACHE, CACHE_CLUSTER
from agno_ha_policies.aws.stores import is_redis
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(group: View[NoBounds]) -> Iterator[Violation]:
    """Look at encryption on the way, and at the token that it makes possible; the token is not looked into."""
    if not is_redis(group):
        return
    encrypted = group.flag("transitEncryptionEnabled", False)
    if encrypted is False:
        yield group.violation(
            "transitEncryptionEnabled",
            "clients talk to Redis in the open. Set it to true in a replication group.",
        )
    elif group.text("transitEncryptionMode", "required") == "preferred":
        yield group.violation(
            "transitEncryptionMode", "clients may still talk to Redis in the open. Set it to required."
        )
    elif encrypted and group.known("authToken", None) is None and not group.items("userGroupIds"):
        yield group.violation("authToken", "Redis asks nobody for a password. Set it, or userGroupIds.")


RULE = ResourceRule(
    id="CACHE-302",
    title="Redis on ElastiCache is encrypted and asks for a password",
    severity="critical",
    rationale="Whatever runs in the VPC could read and change the queue and the events of every run.",
    remediation="Set transitEncryptionEnabled, and authToken or userGroupIds, of a replication group.",
    bounds=NoBounds,
    types=frozenset({CACHE, CACHE_CLUSTER}),
    check=check,
)
