"""CACHE-202: what a Redis on Kubernetes does when it is full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.kubernetes.kinds import PODS, SERVICE
from agno_ha_policies.model import NoBounds, StackRule, Violation
from agno_ha_policies.rules import cache_102_docker_eviction as on_docker
from agno_ha_policies.view import View


def check(views: Sequence[View[NoBounds]]) -> Iterator[Violation]:
    """Look at the Redis beside an app: there it holds the queue."""
    yield from on_docker.check(views)


RULE = StackRule(
    id="CACHE-202",
    title="A full Redis of an app on Kubernetes says so",
    severity="critical",
    rationale="With an eviction policy a full Redis silently drops queued runs, events and sessions.",
    remediation="Set --maxmemory-policy noeviction; give a plain cache a Redis of its own.",
    bounds=NoBounds,
    types=PODS | {SERVICE},
    check=check,
)
