"""SEC-206: images of pods that may be another tomorrow."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import PODS
from agno_ha_policies.kubernetes.pods import containers
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules.sec_106_docker_pinned import Pinning
from agno_ha_policies.view import View


def check(view: View[Pinning]) -> Iterator[Violation]:
    """Look at tag and digest of each container's image."""
    for path in containers(view):
        image = view.text(f"{path}.image")
        if image is None or "sha256:" in image:
            continue
        tag = image.rpartition("/")[2].partition(":")[2]
        message = ""
        if view.bounds.digest:
            message = "is not pinned by digest. Write it like name@sha256:…."
        elif tag in ("", "latest"):
            how = "is tagged latest" if tag else "has no tag"
            message = f"{how}, and may be another tomorrow. Name a version."
        if message:
            yield view.violation(f"{path}.image", message)


RULE = ResourceRule(
    id="SEC-206",
    title="Images of pods are pinned",
    severity="medium",
    levels={"dev": "advisory"},
    rationale="An image that changes under its name makes two pods of one Deployment differ, and a restart "
    "an unplanned update that nobody can roll back.",
    remediation="Name a version or, better, a digest.",
    bounds=Pinning,
    types=PODS,
    check=check,
)
