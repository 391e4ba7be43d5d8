"""SEC-302: rights on the host."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import TASK
from agno_ha_policies.aws.tasks import containers
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(task: View[NoBounds]) -> Iterator[Violation]:
    """Look at each container."""
    for container in containers(task):
        if container.data.get("privileged") is True:
            yield task.violation(
                container.path("privileged"), f"{container.name} is root on its machine. Leave it out."
            )


RULE = ResourceRule(
    id="SEC-302",
    title="No container on ECS is privileged",
    severity="critical",
    rationale="A privileged container is root on its machine, and on everything that runs there.",
    remediation="Leave privileged out.",
    bounds=NoBounds,
    types=frozenset({TASK}),
    check=check,
)
