"""SEC-102: rights of a container on its machine."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.capabilities import is_root
from agno_ha_policies.docker.workload import SERVICES, SPEC
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look at the privileged flag and at the capabilities that are as good."""
    if service.flag(f"{SPEC}.privileged", False):
        yield service.violation(f"{SPEC}.privileged", "the container is root on its machine. Remove it.")
    for index, right in enumerate(service.items(f"{SPEC}.capAdds") or []):
        if is_root(right):
            yield service.violation(
                f"{SPEC}.capAdds.{index}", f"{right} is as good as root on the machine. Remove it."
            )


RULE = ResourceRule(
    id="SEC-102",
    title="No container has rights on its machine",
    severity="critical",
    rationale="Who takes over a privileged container, through an agent's tool for example, has the machine and "
    "every other container on it.",
    remediation="Remove privileged and the capabilities.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
