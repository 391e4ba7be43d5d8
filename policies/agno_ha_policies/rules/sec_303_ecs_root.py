"""SEC-303: the user of a container."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import TASK
from agno_ha_policies.aws.tasks import containers
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(task: View[NoBounds]) -> Iterator[Violation]:
    """Look at each container."""
    for container in containers(task):
        if container.essential and str(container.data.get("user", "0")).partition(":")[0] in (
            "",
            "0",
            "root",
        ):
            yield task.violation(
                container.path("user"),
                f"{container.name} runs as root, or as its image says. Set it, such as 10001.",
            )


RULE = ResourceRule(
    id="SEC-303",
    title="Containers on ECS do not run as root",
    severity="medium",
    levels={"dev": "advisory"},
    rationale="A flaw in the application is then root in its container. What prepares and ends before the "
    "application starts is let be.",
    remediation="Set user to one that is not 0, such as 10001.",
    bounds=NoBounds,
    types=frozenset({TASK}),
    check=check,
)
