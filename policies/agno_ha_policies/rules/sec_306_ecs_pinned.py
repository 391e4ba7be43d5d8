"""SEC-306: images that may be another tomorrow."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import TASK
from agno_ha_policies.aws.tasks import containers
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(task: View[NoBounds]) -> Iterator[Violation]:
    """Look at tag and digest."""
    for container in containers(task):
        image = str(container.data.get("image", ""))
        tag = image.rpartition("/")[2].partition(":")[2]
        if "sha256:" not in image and tag.lower() in ("", "latest"):
            yield task.violation(
                container.path("image"), f"{container.name} may be another tomorrow. Name a version."
            )


RULE = ResourceRule(
    id="SEC-306",
    title="Images on ECS are pinned",
    severity="medium",
    levels={"dev": "advisory"},
    rationale="An image that changes under its name makes two instances of one service differ, and a restart an "
    "unplanned update that a rollback does not undo.",
    remediation="Name a version or, better, a digest.",
    bounds=NoBounds,
    types=frozenset({TASK}),
    check=check,
)
