"""LB-205: the time that a real pod gets to stop."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha.topology.lifecycle import LIFESPAN_DRAIN
from agno_ha.topology.units import duration_text

from agno_ha_policies.docker.workload import ENV, is_instance
from agno_ha_policies.kubernetes.kinds import POD, PODS
from agno_ha_policies.kubernetes.pods import containers
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules.lb_105_docker_drain import Drain
from agno_ha_policies.view import View

_GRACE = f"{POD}.terminationGracePeriodSeconds"


def check(view: View[Drain]) -> Iterator[Violation]:
    """Compare the grace, which begins with preStop, with what has to happen in it."""
    if not is_instance(view):
        return
    grace = view.number(_GRACE, 30)
    delay, timeout = view.number(f"{ENV}.DRAIN_DELAY", 0), view.number(f"{ENV}.DRAIN_TIMEOUT", 0)
    waits = [
        view.number(f"{path}.lifecycle.preStop.sleep.seconds", 0) for path in containers(view, first=False)
    ]
    if grace is None or delay is None or timeout is None or None in waits:
        return
    before = max((wait for wait in waits if wait is not None), default=0)
    needed = before + (delay + timeout + LIFESPAN_DRAIN if timeout else view.bounds.least)
    if grace < needed:
        why = (
            "preStop, DRAIN_DELAY, DRAIN_TIMEOUT and background runs need more" if timeout else "runs are cut"
        )
        yield view.violation(
            _GRACE, f"killed after {duration_text(grace)}: {why}. Raise it to {duration_text(needed)}."
        )


RULE = ResourceRule(
    id="LB-205",
    title="Instances on Kubernetes drain before they are killed",
    severity="high",
    rationale="An instance that is killed before its requests and background runs have ended loses them in "
    "every roll, and one that stops at once is still sent requests by nodes that have not heard of it.",
    remediation="Raise terminationGracePeriodSeconds and add a preStop sleep; for an AgnoService, app.drain.",
    bounds=Drain,
    types=PODS,
    check=check,
)
