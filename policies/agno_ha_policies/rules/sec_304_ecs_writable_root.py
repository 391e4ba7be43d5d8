"""SEC-304: what a container may write."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import TASK
from agno_ha_policies.aws.tasks import containers
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(task: View[NoBounds]) -> Iterator[Violation]:
    """Look at each container."""
    for container in containers(task):
        if container.data.get("readonlyRootFilesystem") is not True:
            yield task.violation(
                container.path("readonlyRootFilesystem"),
                f"{container.name} may change its own files. Set it to true.",
            )


RULE = ResourceRule(
    id="SEC-304",
    title="Containers on ECS can't change their own files",
    severity="medium",
    levels={"dev": "advisory"},
    rationale="A flaw in the application can otherwise leave something behind in it.",
    remediation="Set readonlyRootFilesystem, with a volume for what must be written.",
    bounds=NoBounds,
    types=frozenset({TASK}),
    check=check,
)
