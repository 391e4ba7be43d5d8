"""OPS-301: logs of a container."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import TASK
from agno_ha_policies.aws.tasks import containers
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(task: View[NoBounds]) -> Iterator[Violation]:
    """Look at each container."""
    for container in containers(task):
        if not container.data.get("logConfiguration"):
            yield task.violation(container.path("logConfiguration"), f"{container.name} has no logs. Set it.")


RULE = ResourceRule(
    id="OPS-301",
    title="Containers on ECS are logged",
    severity="medium",
    levels={"dev": "advisory"},
    rationale="Without it what an instance said is gone with the task.",
    remediation="Set logConfiguration, with awslogs for example.",
    bounds=NoBounds,
    types=frozenset({TASK}),
    check=check,
)
