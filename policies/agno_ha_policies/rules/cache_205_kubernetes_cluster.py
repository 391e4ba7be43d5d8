"""CACHE-205: Redis' cluster mode on Kubernetes."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import PODS
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.rules import cache_105_docker_cluster as on_docker
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look for the setting."""
    yield from on_docker.check(view)


RULE = ResourceRule(
    id="CACHE-205",
    title="Redis on Kubernetes is not in cluster mode",
    severity="critical",
    rationale="In cluster mode keys of one transaction live on several nodes: the queue and the event "
    "streams fail.",
    remediation="Run one Redis, with replicas where it must fail over.",
    bounds=NoBounds,
    types=PODS,
    check=check,
)
