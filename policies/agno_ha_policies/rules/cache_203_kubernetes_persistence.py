"""CACHE-203: what of a Redis on Kubernetes survives a restart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.kubernetes.kinds import PODS, SERVICE
from agno_ha_policies.model import NoBounds, StackRule, Violation
from agno_ha_policies.rules import cache_103_docker_persistence as on_docker
from agno_ha_policies.view import View


def check(views: Sequence[View[NoBounds]]) -> Iterator[Violation]:
    """Look at the Redis beside an app: its log, and the claim that keeps it."""
    yield from on_docker.check(views)


RULE = StackRule(
    id="CACHE-203",
    title="Redis of an app on Kubernetes survives a restart",
    severity="critical",
    levels={"dev": "advisory"},
    rationale="Queued runs, and sessions where they are kept in Redis, would be gone with the pod.",
    remediation="Set --appendonly yes and mount a PersistentVolumeClaim at /data.",
    bounds=NoBounds,
    types=PODS | {SERVICE},
    check=check,
)
