"""SEC-204: the root file system of a container of a pod."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import PODS
from agno_ha_policies.kubernetes.pods import containers
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at the flag of each container."""
    for path in containers(view):
        flag = f"{path}.securityContext.readOnlyRootFilesystem"
        if view.flag(flag, False) is False:
            yield view.violation(
                flag,
                "the root file system is writable. Set it, and mount an emptyDir where something is written.",
            )


RULE = ResourceRule(
    id="SEC-204",
    title="Root file systems of pods are read-only",
    severity="low",
    level="advisory",
    rationale="What can write its own program can be changed to stay.",
    remediation="Set readOnlyRootFilesystem and mount an emptyDir where something is written.",
    bounds=NoBounds,
    types=PODS,
    check=check,
)
