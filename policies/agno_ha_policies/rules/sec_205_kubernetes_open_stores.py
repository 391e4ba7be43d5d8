"""SEC-205: stores that can be reached from outside the cluster."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import SERVICE
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.rules.sec_105_docker_open_stores import _PORTS
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at the ports of a Service that the outside sees."""
    if view.text("spec.type", "ClusterIP") not in ("LoadBalancer", "NodePort"):
        return
    for index, _ in enumerate(view.items("spec.ports") or []):
        port = view.number(f"spec.ports.{index}.port")
        target = view.value(f"spec.ports.{index}.targetPort", port or 0)
        for number in (port, target):
            store = _PORTS.get(int(number)) if isinstance(number, (int, float)) else None
            if store is not None:
                yield view.violation(
                    f"spec.ports.{index}",
                    f"{store} can be reached from outside the cluster. Use type ClusterIP.",
                )
                break


RULE = ResourceRule(
    id="SEC-205",
    title="Stores on Kubernetes are not reachable from outside",
    severity="critical",
    rationale="A store that answers the network is found within hours, and guessed at ever after.",
    remediation="Use a Service of type ClusterIP.",
    bounds=NoBounds,
    types=frozenset({SERVICE}),
    check=check,
)
