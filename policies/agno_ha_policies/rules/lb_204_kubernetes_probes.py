"""LB-204: the probes of app instances."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.workload import is_instance
from agno_ha_policies.kubernetes.kinds import PODS
from agno_ha_policies.kubernetes.pods import CONTAINERS, containers
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at the probes of app instances; a container of them that nothing asks is the main one or none is."""
    if not is_instance(view):
        return
    asked = [path for path in containers(view, first=False) if view.mapping(f"{path}.livenessProbe") != {}]
    if not asked:
        yield view.violation(
            CONTAINERS, "nothing notices an instance that hangs. Add a livenessProbe that asks for /health."
        )
    for path in asked:
        if "/ready" in (view.text(f"{path}.livenessProbe.httpGet.path", "") or ""):
            yield view.violation(
                f"{path}.livenessProbe",
                "what fails this probe is killed, and /ready fails for every instance when a store is down. Ask for "
                "/health.",
            )
        if view.mapping(f"{path}.readinessProbe") == {}:
            yield view.violation(
                f"{path}.readinessProbe", "requests reach a pod before it can answer. Ask for /ready."
            )


RULE = ResourceRule(
    id="LB-204",
    title="What is killed on Kubernetes is what hangs",
    severity="critical",
    rationale="A frozen instance without a liveness probe keeps its requests; one that is killed because a "
    "store is down takes the whole fleet with it; without readiness requests reach pods that can't answer "
    "yet.",
    remediation="Let liveness ask for /health, and readiness for /ready.",
    bounds=NoBounds,
    types=PODS,
    check=check,
)
