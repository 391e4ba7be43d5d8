"""SCALE-205: a roll that takes all pods at once."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.workload import is_instance
from agno_ha_policies.kubernetes.kinds import PODS
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at the strategy of app instances."""
    if not is_instance(view):
        return
    if view.text("spec.strategy.type", "RollingUpdate") == "Recreate":
        yield view.violation(
            "spec.strategy.type", "all instances stop before a new one serves. Use RollingUpdate."
        )
    elif view.value("spec.strategy.rollingUpdate.maxUnavailable", "25%") not in (0, "0", "0%", "25%", None):
        yield view.violation(
            "spec.strategy.rollingUpdate.maxUnavailable",
            "instances that serve are stopped before new ones do. Set it to 0.",
        )


RULE = ResourceRule(
    id="SCALE-205",
    title="An update on Kubernetes leaves instances running",
    severity="critical",
    rationale="An update that stops every instance before new ones serve is an outage, however many there "
    "are.",
    remediation="Set strategy RollingUpdate with maxUnavailable 0.",
    bounds=NoBounds,
    types=PODS,
    check=check,
)
