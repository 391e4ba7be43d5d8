"""LB-002: the order in which an instance stops."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha.topology.lifecycle import LIFESPAN_DRAIN
from agno_ha.topology.units import duration_text

from agno_ha_policies.model import SERVICE, NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Compare the time to stop with what has to happen in it."""
    delay, timeout = service.number("drainDelay"), service.number("drainTimeout")
    grace = service.number("drainGrace")
    if delay == 0:
        yield service.violation(
            "drainDelay",
            "app.drain.delay = 0s: the load balancer still sends requests to an instance that has closed its "
            "port. Set it to 5s.",
        )
    if delay is None or timeout is None or grace is None:
        return
    needed = delay + timeout + LIFESPAN_DRAIN
    if needed > grace:
        yield service.violation(
            "drainGrace",
            f"app.drain.grace = {duration_text(grace)} is below delay + timeout + {LIFESPAN_DRAIN:g}s for "
            f"background runs = {duration_text(needed)}. Raise it to {duration_text(needed)}.",
        )


RULE = ResourceRule(
    id="LB-002",
    title="Instances drain before they are killed",
    severity="high",
    rationale="An instance that is killed before its requests and background runs have ended loses them in every "
    "roll.",
    remediation="Raise app.drain.grace, or shorten app.drain.delay and timeout.",
    bounds=NoBounds,
    types=frozenset({SERVICE}),
    check=check,
)
