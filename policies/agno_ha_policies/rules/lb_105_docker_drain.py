"""LB-105: the time that a real instance gets to stop."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from agno_ha.topology.base import Between
from agno_ha.topology.lifecycle import LIFESPAN_DRAIN
from agno_ha.topology.units import HOUR, Duration, duration_text

from agno_ha_policies.docker.workload import ENV, GRACE, SERVICES, duration, is_instance
from agno_ha_policies.model import Bounds, ResourceRule, Violation
from agno_ha_policies.view import View


class Drain(Bounds):
    """What an instance of any program needs."""

    least: Annotated[Duration, Between(1, 2 * HOUR, duration_text)] = 30.0
    """Least stopGracePeriod of an instance that does not say how it drains; Docker's own is 10s."""


def check(service: View[Drain]) -> Iterator[Violation]:
    """Compare the grace with DRAIN_DELAY + DRAIN_TIMEOUT and the background runs, or with the bound."""
    if not is_instance(service):
        return
    grace = duration(service, GRACE, "10s")
    delay, timeout = service.number(f"{ENV}.DRAIN_DELAY", 0), service.number(f"{ENV}.DRAIN_TIMEOUT", 0)
    if grace is None or delay is None or timeout is None:
        return
    needed = delay + timeout + LIFESPAN_DRAIN if timeout else service.bounds.least
    if grace < needed:
        why = "DRAIN_DELAY, DRAIN_TIMEOUT and background runs need more" if timeout else "runs are cut"
        yield service.violation(
            GRACE, f"killed after {duration_text(grace)}: {why}. Raise it to {duration_text(needed)}."
        )


RULE = ResourceRule(
    id="LB-105",
    title="Instances of Docker services drain before they are killed",
    severity="high",
    rationale="An instance that is killed before its requests and background runs have ended loses them in every "
    "roll.",
    remediation="Raise stopGracePeriod; for an AgnoService, app.drain.grace.",
    bounds=Drain,
    types=SERVICES,
    check=check,
)
