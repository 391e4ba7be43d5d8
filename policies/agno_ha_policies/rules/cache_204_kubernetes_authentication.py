"""CACHE-204: whether a Redis on Kubernetes asks for a password."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import PODS
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.rules import cache_104_docker_authentication as on_docker
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look for a password or an access list in command and environment."""
    yield from on_docker.check(view)


RULE = ResourceRule(
    id="CACHE-204",
    title="Redis on Kubernetes asks for a password",
    severity="high",
    levels={"dev": "advisory"},
    rationale="Without one every pod that reaches it may read sessions and empty the queue.",
    remediation="Give the server an --aclfile, mounted from a Secret.",
    bounds=NoBounds,
    types=PODS,
    check=check,
)
