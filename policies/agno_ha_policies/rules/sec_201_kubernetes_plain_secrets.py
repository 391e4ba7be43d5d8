"""SEC-201: secrets in a pod's plain environment or command."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import PODS
from agno_ha_policies.kubernetes.pods import containers
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.plain_secrets import by_name, in_address, in_command, is_address
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at names, at URLs with a password, and at options; no value is ever shown."""
    for path in containers(view):
        for index, _ in enumerate(view.items(f"{path}.env") or []):
            yield from _variable(view, f"{path}.env.{index}")
        words = [word for kind in ("command", "args") for word in view.items(f"{path}.{kind}") or []]
        if in_command(words):
            yield view.violation(
                f"{path}.args",
                "the command line holds a password, which every process list shows. Give it as a file.",
            )


def _variable(view: View[NoBounds], path: str) -> Iterator[Violation]:
    name = view.text(f"{path}.name", "")
    value = view.known(f"{path}.value", "")
    if name is None or value == "":
        return
    if by_name(name, value):
        yield view.violation(
            path, f"{name} looks like a secret. Use valueFrom.secretKeyRef, or a file in {name}_FILE."
        )
    elif not isinstance(value, str):
        if is_address(name):
            view.unreadable(path, "is not known yet, so that it may hold a password")
    elif in_address(value):
        yield view.violation(path, f"{name} is a URL with a password. Take it from a Secret.")


RULE = ResourceRule(
    id="SEC-201",
    title="No secret stands in the open in a pod",
    severity="high",
    rationale="The environment and the command line of a pod are shown to everybody who may read it, in the "
    "state, in logs and in crash reports.",
    remediation="Mount it from a Secret; for an AgnoService, app.secrets.",
    bounds=NoBounds,
    types=PODS,
    check=check,
)
