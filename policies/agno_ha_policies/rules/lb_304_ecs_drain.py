"""LB-304: the time that a task gets to stop."""

from __future__ import annotations

from collections.abc import Iterator
from math import isfinite

from agno_ha.topology.lifecycle import LIFESPAN_DRAIN

from agno_ha_policies.aws.kinds import TASK
from agno_ha_policies.aws.tasks import apps, number
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View, digits

_LEAST = 60.0
"""Seconds for an instance that does not say how it drains; ECS' own is 30."""
_FARGATE = 120
"""Seconds that Fargate waits at most."""


def check(task: View[NoBounds]) -> Iterator[Violation]:
    """Compare stopTimeout with DRAIN_DELAY + DRAIN_TIMEOUT and the background runs."""
    for container in apps(task):
        delay, timeout = (number(task, container, name, 0) for name in ("DRAIN_DELAY", "DRAIN_TIMEOUT"))
        given = container.data.get("stopTimeout", 30)
        if isinstance(given, bool) or not isinstance(given, int | float) or not isfinite(given):
            task.unreadable(container.path("stopTimeout"), "is not a number")
            continue
        if delay is None or timeout is None:
            continue
        needed = delay + timeout + LIFESPAN_DRAIN if timeout else _LEAST
        if given < needed:
            fix = "Raise it" if needed <= _FARGATE else f"Fargate admits {_FARGATE}: lower DRAIN_TIMEOUT"
            yield task.violation(
                container.path("stopTimeout"),
                f"killed after {digits(given)}s, and draining needs {digits(needed)}s. {fix}.",
            )


RULE = ResourceRule(
    id="LB-304",
    title="Instances on ECS drain before they are killed",
    severity="high",
    rationale="An instance that is killed before its requests and background runs have ended loses them in "
    "every roll.",
    remediation="Raise stopTimeout; for an AgnoService, app.drain.grace.",
    bounds=NoBounds,
    types=frozenset({TASK}),
    check=check,
)
