"""SEC-207: the cluster's key in app pods."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.workload import is_app
from agno_ha_policies.kubernetes.kinds import POD, PODS
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at the flag of pods that run agents."""
    path = f"{POD}.automountServiceAccountToken"
    if is_app(view) and view.flag(path, True):
        yield view.violation(path, "the pod has its account's token. Set it to false.")


RULE = ResourceRule(
    id="SEC-207",
    title="App pods have no key to the cluster",
    severity="high",
    rationale="An agent's tool that reads the service account's token may ask the cluster's API whatever "
    "the account may.",
    remediation="Set automountServiceAccountToken to false.",
    bounds=NoBounds,
    types=PODS,
    check=check,
)
