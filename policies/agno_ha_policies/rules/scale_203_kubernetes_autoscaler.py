"""SCALE-203: who owns the number of pods."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.kubernetes.kinds import AUTOSCALERS, PODS
from agno_ha_policies.kubernetes.pods import autoscalers
from agno_ha_policies.model import NoBounds, StackRule, Violation
from agno_ha_policies.view import View, siblings


def check(views: Sequence[View[NoBounds]]) -> Iterator[Violation]:
    """Look for a count beside an autoscaler, and for a second autoscaler."""
    for group in siblings(views):
        for view in group:
            if view.resource.type not in PODS:
                continue
            owners = autoscalers(view, group)
            fixed = view.known("spec.replicas", None) is not None
            left = any("spec.replicas".startswith(path) for path in view.resource.ignored)
            if owners and fixed and not left:
                yield view.violation(
                    "spec.replicas",
                    f"{owners[0].name} owns the count, and every update of the program sets it back. Leave it out.",
                )
            for other in owners[1:]:
                yield other.violation(
                    "spec.scaleTargetRef",
                    f"{owners[0].name} scales {view.name} too, and each undoes what the other did. Keep one.",
                )


RULE = StackRule(
    id="SCALE-203",
    title="One owner of the count on Kubernetes",
    severity="high",
    rationale="A count in the program resets what the autoscaler decided at every update, and two "
    "autoscalers undo each other: under load, instances that are needed go.",
    remediation="Leave the replicas to one autoscaler.",
    bounds=NoBounds,
    types=PODS | AUTOSCALERS,
    check=check,
)
