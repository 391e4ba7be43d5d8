"""CACHE-102: what a real Redis does when it is full."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.docker.servers import beside_an_app, setting
from agno_ha_policies.docker.workload import ARGS, SERVICES
from agno_ha_policies.model import NoBounds, StackRule, Violation
from agno_ha_policies.view import View


def check(services: Sequence[View[NoBounds]]) -> Iterator[Violation]:
    """Look at the Redis beside an app: there it holds the queue."""
    for service in beside_an_app(services):
        policy = setting(service, "maxmemory-policy", "noeviction")
        if policy is not None and policy != "noeviction":
            yield service.violation(
                ARGS, "maxmemory-policy is not noeviction, and Redis holds the queue. Set it to noeviction."
            )


RULE = StackRule(
    id="CACHE-102",
    title="A full Redis of an app says so",
    severity="critical",
    rationale="With an eviction policy a full Redis silently drops queued runs, events and sessions.",
    remediation="Set --maxmemory-policy noeviction; give a plain cache a Redis of its own.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
