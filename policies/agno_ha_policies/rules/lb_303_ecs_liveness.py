"""LB-303: the health check that may kill an instance."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agno_ha_policies.aws.kinds import TARGETS, TASK
from agno_ha_policies.aws.tasks import apps
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

_READY = re.compile(r"/ready(z|iness)?\b", re.IGNORECASE)
_WHY = "it fails for every instance when a store is down. Ask for /health."


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at the path that the load balancer asks for, and at the health check of app containers."""
    if view.resource.type == TARGETS:
        path = view.text("healthCheck.path", "/")
        if path is not None and _READY.search(path) and view.flag("healthCheck.enabled", True):
            yield view.violation("healthCheck.path", _WHY)
        return
    for container in apps(view):
        words = container.at("healthCheck.command")
        if _READY.search(" ".join(map(str, words if isinstance(words, list) else []))):
            yield view.violation(container.path("healthCheck.command"), _WHY)


RULE = ResourceRule(
    id="LB-303",
    title="What is killed on ECS is what hangs",
    severity="critical",
    rationale="ECS replaces what its target group or its own check finds unhealthy: where /ready is asked for, a "
    "store that is down takes the whole fleet with it.",
    remediation="Let the target group and the container's healthCheck ask for /health.",
    bounds=NoBounds,
    types=frozenset({TARGETS, TASK}),
    check=check,
)
