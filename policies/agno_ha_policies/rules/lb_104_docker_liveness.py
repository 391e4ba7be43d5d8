"""LB-104: the health check that may kill an instance."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.workload import SERVICES, SPEC, is_instance
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

_CHECK = f"{SPEC}.healthcheck"


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look at the check of app instances: there is one, and it does not ask for the stores."""
    if not is_instance(service):
        return
    tests = service.items(f"{_CHECK}.tests")
    if tests is None:
        return
    words = [word for word in tests if isinstance(word, str)]
    if not tests or words[:1] == ["NONE"]:
        yield service.violation(
            _CHECK, "nothing notices an instance that hangs. Add a health check that asks for /health."
        )
    elif "/ready" in " ".join(words):
        yield service.violation(
            f"{_CHECK}.tests",
            "what fails this check is killed, and /ready fails for every instance when a store is down. Ask for "
            "/health.",
        )


RULE = ResourceRule(
    id="LB-104",
    title="What is killed is what hangs",
    severity="critical",
    rationale="A frozen instance without a check keeps its requests; one that is killed because a store is down "
    "takes the whole fleet with it, in the middle of a failover.",
    remediation="Let the health check ask for /health, and the load balancer for /ready.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
