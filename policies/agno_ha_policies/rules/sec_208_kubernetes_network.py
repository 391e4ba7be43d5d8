"""SEC-208: who may reach the pods of an AgnoService."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.docker.workload import is_own
from agno_ha_policies.kubernetes.kinds import DEPLOYMENT, NETWORK_POLICY
from agno_ha_policies.model import NoBounds, StackRule, Violation
from agno_ha_policies.view import View, siblings

NETWORKED = frozenset({DEPLOYMENT, NETWORK_POLICY})


def check(views: Sequence[View[NoBounds]]) -> Iterator[Violation]:
    """Look for a policy of all pods, in both directions, that allows nothing, beside an AgnoService's own pods."""
    for group in siblings(views):
        policies = [view for view in group if view.resource.type == NETWORK_POLICY]
        for view in group:
            if is_own(view, "web") and not any(map(_denies, policies)):
                yield view.violation(
                    "metadata.namespace", "no policy denies what is not allowed. Add one of all pods."
                )


def _denies(view: View[NoBounds]) -> bool:
    directions = {"Ingress", "Egress"} <= set(map(str, view.items("spec.policyTypes") or []))
    rules = [*(view.items("spec.ingress") or []), *(view.items("spec.egress") or [])]
    return directions and not rules and not view.mapping("spec.podSelector")


RULE = StackRule(
    id="SEC-208",
    title="An AgnoService on Kubernetes denies what it does not allow",
    severity="high",
    rationale="Without a policy that denies, every pod of the cluster reaches the stores, and a taken-over "
    "instance reaches every pod.",
    remediation="Keep the NetworkPolicy that denies everything by default.",
    bounds=NoBounds,
    types=NETWORKED,
    check=check,
)
