"""SEC-301: secrets in the open in a task."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from agno_ha_policies.aws.kinds import TASK
from agno_ha_policies.aws.tasks import Container, containers
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.plain_secrets import by_name, in_address, in_command
from agno_ha_policies.view import View


def check(task: View[NoBounds]) -> Iterator[Violation]:
    """Look at names, at URLs with a password, and at options; no value is ever shown."""
    for container in containers(task):
        for at, name, value in _named(container):
            if value in ("", None):
                continue
            if by_name(name, value):
                yield task.violation(at, f"{name} looks like a secret. Refer to it under secrets.")
            elif in_address(value):
                yield task.violation(at, f"{name} is a URL with a password. Refer to it under secrets.")
        for at in ("command", "entryPoint", "healthCheck.command"):
            words = container.at(at)
            if isinstance(words, list) and in_command(words):
                yield task.violation(
                    container.path(at), "the command line holds a password. Refer to it under secrets."
                )


def _named(container: Container) -> Iterator[tuple[str, str, object]]:
    """Yield path, name and value of what has a name: variables, labels, and options of the logs."""
    for name, value in sorted(container.environment.items()):
        yield container.path(f"environment.{name}"), name, value
    for at in ("dockerLabels", "logConfiguration.options"):
        given = container.at(at)
        for name, value in sorted(given.items()) if isinstance(given, Mapping) else ():
            yield container.path(f"{at}.{name}"), name, value


RULE = ResourceRule(
    id="SEC-301",
    title="No secret stands in a task definition",
    severity="high",
    rationale="Whoever may describe a task definition reads its environment, and it stays in every old "
    "revision.",
    remediation="Keep it in Secrets Manager and refer to it under secrets (of the logs: secretOptions); for an "
    "AgnoService, app.secrets.",
    bounds=NoBounds,
    types=frozenset({TASK}),
    check=check,
)
