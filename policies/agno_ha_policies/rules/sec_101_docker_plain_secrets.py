"""SEC-101: secrets in the plain environment or command."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agno_ha_policies.docker.workload import ARGS, ENV, SERVICES, command
from agno_ha_policies.model import UNKNOWN, NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

_NAME = re.compile(r"(PASSWORD|PASSWD|TOKEN|SECRET|CREDENTIALS?|API_?KEY|_KEY)$", re.IGNORECASE)
_URL = re.compile(r"://[^/@:\s]*:[^/@\s]+@")
_ADDRESS = re.compile(r"(URL|URI|DSN)$", re.IGNORECASE)
_OPTION = re.compile(r"--(requirepass|password|token|api-key)[\s=]+[^\s$]")


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look at names, at URLs with a password, and at options; no value is ever shown."""
    for name, value in sorted((service.mapping(ENV) or {}).items()):
        path = f"{ENV}.{name}"
        if value == "":
            continue
        if _NAME.search(name):
            yield service.violation(
                path,
                f"{name} looks like a secret. Mount it as a Docker secret and name its file in {name}_FILE.",
            )
        elif value is UNKNOWN and _ADDRESS.search(name):
            service.unreadable(path, "is not known yet, so that it may hold a password")
        elif isinstance(value, str) and _URL.search(value):
            yield service.violation(
                path, f"{name} is a URL with a password. Mount the password as a Docker secret."
            )
    if _OPTION.search(command(service)):
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
