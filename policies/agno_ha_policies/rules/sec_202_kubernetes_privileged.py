"""SEC-202: rights of a pod on its node."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.capabilities import is_root
from agno_ha_policies.kubernetes.kinds import POD, PODS
from agno_ha_policies.kubernetes.pods import containers
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at the host's namespaces and directories, at privileged and at the capabilities that are as good."""
    for name in ("hostNetwork", "hostPID", "hostIPC"):
        if view.flag(f"{POD}.{name}", False):
            yield view.violation(f"{POD}.{name}", "the pod shares it with its node. Remove it.")
    for index, _ in enumerate(view.items(f"{POD}.volumes") or []):
        if view.mapping(f"{POD}.volumes.{index}.hostPath"):
            yield view.violation(
                f"{POD}.volumes.{index}.hostPath", "the pod has the node's files. Use a claim."
            )
    for path in containers(view):
        if view.flag(f"{path}.securityContext.privileged", False):
            yield view.violation(
                f"{path}.securityContext.privileged", "the container is root on its node. Remove it."
            )
        for index, right in enumerate(view.items(f"{path}.securityContext.capabilities.add") or []):
            if is_root(right):
                yield view.violation(
                    f"{path}.securityContext.capabilities.add.{index}",
                    f"{right} is as good as root on the node. Remove it.",
                )


RULE = ResourceRule(
    id="SEC-202",
    title="No pod has rights on its node",
    severity="critical",
    rationale="Who takes over such a pod, through an agent's tool for example, has the node and every other "
    "pod on it.",
    remediation="Remove privileged, the host's namespaces and directories, and the capabilities.",
    bounds=NoBounds,
    types=PODS,
    check=check,
)
