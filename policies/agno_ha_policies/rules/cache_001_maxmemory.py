"""CACHE-001: Redis' data against its memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from agno_ha.topology.base import Between, Whole
from agno_ha.topology.units import size_text

from agno_ha_policies.model import SERVICE, Bounds, ResourceRule, Violation
from agno_ha_policies.view import View


class Share(Bounds):
    """Shares of the server's memory, in percent."""

    appendonly: Annotated[Whole, Between(1, 100)] = 75
    """Largest share of maxmemory with appendonly: rewriting the log forks, and copies what changes meanwhile."""

    otherwise: Annotated[Whole, Between(1, 100)] = 80
    """Largest share without: allocator, clients and buffers take the rest."""


def check(service: View[Share]) -> Iterator[Violation]:
    """Compare maxmemory with the limit of a managed server."""
    data, memory, logged = (
        service.number("maxmemory"),
        service.number("redisMemory"),
        service.flag("appendonly"),
    )
    if data is None or not memory or logged is None:
        return
    share = service.bounds.appendonly if logged else service.bounds.otherwise
    if data * 100 > memory * share:
        yield service.violation(
            "maxmemory",
            f"redis.maxmemory = {size_text(int(data))} is more than {share}% of redis.memory = "
            f"{size_text(int(memory))}. Lower it, or raise redis.memory.",
        )


RULE = ResourceRule(
    id="CACHE-001",
    title="Redis' data fits its memory",
    severity="high",
    rationale="Redis takes more than its data: without room the kernel kills it in the middle of rewriting its log, "
    "and again after each restart.",
    remediation="Lower redis.maxmemory, or raise redis.memory.",
    bounds=Share,
    types=frozenset({SERVICE}),
    check=check,
)
