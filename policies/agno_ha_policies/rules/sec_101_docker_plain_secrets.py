"""SEC-101: secrets in the plain environment or command."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.workload import ARGS, ENV, SERVICES, command
from agno_ha_policies.model import UNKNOWN, NoBounds, ResourceRule, Violation
from agno_ha_policies.plain_secrets import by_name, in_address, in_command, is_address
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look at names, at URLs with a password, and at options; no value is ever shown."""
    for name, value in sorted((service.mapping(ENV) or {}).items()):
        path = f"{ENV}.{name}"
        if value == "":
            continue
        if by_name(name, value):
            yield service.violation(
                path,
                f"{name} looks like a secret. Mount it as a Docker secret and name its file in {name}_FILE.",
            )
        elif value is UNKNOWN and is_address(name):
            service.unreadable(path, "is not known yet, so that it may hold a password")
        elif in_address(value):
            yield service.violation(
                path, f"{name} is a URL with a password. Mount the password as a Docker secret."
            )
    if in_command([command(service)]):
        yield service.violation(
            ARGS, "the command line holds a password, which every process list shows. Give it as a file."
        )


RULE = ResourceRule(
    id="SEC-101",
    title="No secret stands in the open",
    severity="high",
    rationale="The environment and the command line of a container are shown by `docker inspect`, in the state, in "
    "logs and in crash reports.",
    remediation="Mount it as a Docker secret; for an AgnoService, app.secrets.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
