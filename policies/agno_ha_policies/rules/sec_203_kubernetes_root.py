"""SEC-203: the user of a pod's processes."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import POD, PODS
from agno_ha_policies.kubernetes.pods import containers
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at the pod's and at each container's own user."""
    pod = f"{POD}.securityContext"
    for path in containers(view):
        own = f"{path}.securityContext"
        user = view.number(f"{own}.runAsUser", view.number(f"{pod}.runAsUser", -1) or 0)
        not_root = view.flag(f"{own}.runAsNonRoot", bool(view.flag(f"{pod}.runAsNonRoot", False)))
        if user == 0 or not (not_root or not_root is None or (user or 0) > 0):
            yield view.violation(
                own, "its processes run as root, or as whom the image chooses. Set runAsNonRoot."
            )


RULE = ResourceRule(
    id="SEC-203",
    title="No process of a pod runs as root",
    severity="medium",
    level="advisory",
    rationale="Root in a container is one fault of the kernel away from root on the node; Pod Security "
    "`restricted` refuses it.",
    remediation="Set runAsNonRoot, and runAsUser to a number that is not 0.",
    bounds=NoBounds,
    types=PODS,
    check=check,
)
