"""OPS-001: the memory budgets of the facts."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha.topology.units import size_text

from agno_ha_policies.model import SERVICE, NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Compare each container's need with its limit; 0 is a store that is another's."""
    for room in ("app", "postgres", "redis"):
        path = f"{room}Memory"
        limit, needed = service.number(path), service.number(f"{path}Needed")
        if limit is not None and needed is not None and needed > limit:
            yield service.violation(
                path,
                f"{room}.memory = {size_text(int(limit))}, and {size_text(int(needed))} is needed at the peak. "
                "Raise it.",
            )


RULE = ResourceRule(
    id="OPS-001",
    title="Memory limits hold the peak",
    severity="high",
    rationale="A container that reaches its limit is killed, at the moment of the highest load, and its neighbours "
    "get that load too.",
    remediation="Raise the memory of the container, or lower what it has to hold.",
    bounds=NoBounds,
    types=frozenset({SERVICE}),
    check=check,
)
