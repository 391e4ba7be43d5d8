"""SEC-106: images that may be another tomorrow."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.workload import IMAGE, SERVICES
from agno_ha_policies.model import Bounds, ResourceRule, Violation
from agno_ha_policies.view import View


class Pinning(Bounds):
    """How exactly an image must be named."""

    digest: bool = False
    """Whether only a digest will do; by default a tag other than latest does."""


def check(service: View[Pinning]) -> Iterator[Violation]:
    """Look at tag and digest."""
    image = service.text(IMAGE)
    if image is None or "sha256:" in image:
        return
    tag = image.rpartition("/")[2].partition(":")[2]
    if service.bounds.digest:
        yield _unpinned(service, "is not pinned by digest. Write it like name@sha256:….")
    elif tag in ("", "latest"):
        how = "is tagged latest" if tag else "has no tag"
        yield _unpinned(service, f"{how}, and may be another tomorrow. Name a version.")


def _unpinned(service: View[Pinning], message: str) -> Violation:
    return service.violation(IMAGE, message)


RULE = ResourceRule(
    id="SEC-106",
    title="Images are pinned",
    severity="medium",
    levels={"dev": "advisory"},
    rationale="An image that changes under its name makes two instances of one service differ, and a restart an "
    "unplanned update that nobody can roll back.",
    remediation="Name a version or, better, a digest.",
    bounds=Pinning,
    types=SERVICES,
    check=check,
)
