"""SEC-302: rights on the host."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import TASK
from agno_ha_policies.aws.tasks import containers
from agno_ha_policies.capabilities import is_root
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

_ADDED = "linuxParameters.capabilities.add"


def check(task: View[NoBounds]) -> Iterator[Violation]:
    """Look at what a task shares with its machine, and at the rights of each container."""
    if task.text("pidMode", "") == "host":
        yield task.violation("pidMode", "the task sees every process of its machine. Leave it out.")
    for index, _ in enumerate(task.items("volumes") or []):
        path = f"volumes.{index}.hostPath"
        source = task.text(path, "")
        if source is not None and (source == "/" or source.endswith("docker.sock")):
            yield task.violation(path, f"whoever has {source} is root on the machine. Remove the volume.")
    for container in containers(task):
        if container.data.get("privileged") is True:
            yield task.violation(
                container.path("privileged"), f"{container.name} is root on its machine. Leave it out."
            )
        added = container.at(_ADDED)
        for index, right in enumerate(added if isinstance(added, list) else []):
            if is_root(right):
                yield task.violation(
                    container.path(f"{_ADDED}.{index}"),
                    f"{right} is as good as root on the machine. Remove it.",
                )


RULE = ResourceRule(
    id="SEC-302",
    title="No container on ECS has rights on its machine",
    severity="critical",
    rationale="A privileged container is root on its machine, and on everything that runs there.",
    remediation="Leave privileged, the capabilities, pidMode and the host's paths out.",
    bounds=NoBounds,
    types=frozenset({TASK}),
    check=check,
)
