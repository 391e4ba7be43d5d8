"""DB-002: the memory of all connections' sorts."""
# ruff: noqa: RUF001, RUF002

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from agno_ha.topology.base import Between, Whole
from agno_ha.topology.units import size_text

from agno_ha_policies.model import SERVICE, Bounds, ResourceRule, Violation
from agno_ha_policies.view import View


class WorkMemory(Bounds):
    """How much of the memory sorts may take."""

    share: Annotated[Whole, Between(1, 400)] = 100
    """Percent of memory that sharedBuffers and a sort of every connection may take together; above 100 it is a bet
    that they never all sort."""


def check(service: View[WorkMemory]) -> Iterator[Violation]:
    """Compare sharedBuffers + maxConnections × workMem with the limit of a managed server."""
    memory, buffers = service.number("postgresMemory"), service.number("sharedBuffers")
    connections, each = service.number("maxConnections"), service.number("workMem")
    if not memory or buffers is None or connections is None or each is None:
        return
    needed = buffers + connections * each
    if needed * 100 > memory * service.bounds.share:
        yield service.violation(
            "workMem",
            f"postgres.sharedBuffers + maxConnections × workMem = {size_text(int(needed))} is more than "
            f"{service.bounds.share}% of postgres.memory = {size_text(int(memory))}. Lower postgres.workMem or "
            "maxConnections, or raise postgres.memory.",
        )


RULE = ResourceRule(
    id="DB-002",
    title="Sorts of all connections fit Postgres' memory",
    severity="high",
    rationale="Each connection may take workMem more than once a query: many at the same time, and the kernel kills "
    "the database.",
    remediation="Lower postgres.workMem or maxConnections, or raise postgres.memory.",
    bounds=WorkMemory,
    types=frozenset({SERVICE}),
    check=check,
)
