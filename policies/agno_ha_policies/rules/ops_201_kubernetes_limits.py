"""OPS-201: memory limits of real pods."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import PODS
from agno_ha_policies.kubernetes.pods import containers
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at the limit of each container."""
    for path in containers(view):
        limit = f"{path}.resources.limits.memory"
        if view.value(limit, "") == "":
            yield view.violation(limit, "has no limit, so one container can take the node down. Set it.")


RULE = ResourceRule(
    id="OPS-201",
    title="Containers of pods have a memory limit",
    severity="high",
    levels={"dev": "advisory"},
    rationale="Without limits one container that leaks makes the kernel kill its neighbours on the node, "
    "the database among them.",
    remediation="Set resources.limits.memory of the container.",
    bounds=NoBounds,
    types=PODS,
    check=check,
)
