"""OPS-105: memory limits against the facts."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.agreement import differs
from agno_ha_policies.docker.workload import MEMORY, SERVICES, is_own
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Compare the limits of an AgnoService's own containers with its facts."""
    for room, part in (("web", "app"), ("postgres", "postgres"), ("redis", "redis")):
        if is_own(service, room):
            limit = service.number(MEMORY, 0)
            yield from differs(service, MEMORY, "the memory limit", limit, f"{part}Memory", f"{part}.memory")


RULE = ResourceRule(
    id="OPS-105",
    title="Memory limits agree with the facts",
    severity="high",
    rationale="The memory budgets are made from the facts; a limit that something else sets makes them wrong.",
    remediation="Let the topology decide the limits.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
