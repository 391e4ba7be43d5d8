"""SEC-301: secrets in the plain environment of a task."""

from __future__ import annotations

import re
from collections.abc import Iterator

from agno_ha_policies.aws.kinds import TASK
from agno_ha_policies.aws.tasks import containers
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

_NAME = re.compile(r"(PASSWORD|PASSWD|TOKEN|SECRET|CREDENTIALS?|API_?KEY|_KEY)$", re.IGNORECASE)
_URL = re.compile(r"://[^/@:\\s]*:[^/@\\s]+@")


def check(task: View[NoBounds]) -> Iterator[Violation]:
    """Look at names, and at URLs with a password; no value is ever shown."""
    for container in containers(task):
        for name, value in sorted(container.environment.items()):
            if value in ("", None):
                continue
            path = container.path(f"environment.{name}")
            if _NAME.search(name):
                yield task.violation(path, f"{name} looks like a secret. Refer to it under secrets.")
            elif isinstance(value, str) and _URL.search(value):
                yield task.violation(path, f"{name} is a URL with a password. Refer to it under secrets.")


RULE = ResourceRule(
    id="SEC-301",
    title="No secret stands in a task definition",
    severity="high",
    rationale="Whoever may describe a task definition reads its environment, and it stays in every old "
    "revision.",
    remediation="Keep it in Secrets Manager and refer to it under secrets; for an AgnoService, app.secrets.",
    bounds=NoBounds,
    types=frozenset({TASK}),
    check=check,
)
