"""OPS-202: budgets that block a drain."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import BUDGET
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at budgets that allow none, whatever runs."""
    if view.value("spec.maxUnavailable", "") in (0, "0", "0%"):
        yield view.violation("spec.maxUnavailable", "no pod may ever go. Set it to 1.")
    elif view.value("spec.minAvailable", "") == "100%":
        yield view.violation("spec.minAvailable", "no pod may ever go. Use maxUnavailable: 1.")


RULE = ResourceRule(
    id="OPS-202",
    title="No budget blocks the drain of a node",
    severity="high",
    rationale="A budget that allows no pod to go stops every upgrade of the cluster, until somebody deletes "
    "it, or the pods.",
    remediation="Set maxUnavailable to 1.",
    bounds=NoBounds,
    types=frozenset({BUDGET}),
    check=check,
)
