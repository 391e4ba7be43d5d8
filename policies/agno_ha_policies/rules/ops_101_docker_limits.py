"""OPS-101: memory limits of real containers."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.workload import MEMORY, SERVICES
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look at the limit of memory."""
    if service.number(MEMORY, 0) == 0:
        yield service.violation(MEMORY, "has no limit, so one container can take the machine down. Set it.")


RULE = ResourceRule(
    id="OPS-101",
    title="Containers have a memory limit",
    severity="high",
    levels={"dev": "advisory"},
    rationale="Without limits one container that leaks makes the kernel kill its neighbours, the database among "
    "them.",
    remediation="Set the memory limit of the container.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
