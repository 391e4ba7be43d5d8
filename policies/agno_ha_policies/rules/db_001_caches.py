"""DB-001: Postgres' caches against its memory."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from agno_ha.topology.base import Between, Whole
from agno_ha.topology.units import size_text

from agno_ha_policies.model import SERVICE, Bounds, ResourceRule, Violation
from agno_ha_policies.view import View

_Percent = Annotated[Whole, Between(1, 100)]


class Caches(Bounds):
    """Shares of the server's memory, in percent."""

    shared_buffers: _Percent = 40
    """Largest share of sharedBuffers: the rest is the connections' and the kernel's cache, which does more."""

    effective_cache_size: _Percent = 100
    """Largest share of effectiveCacheSize: what is not there is cached nowhere."""


def check(service: View[Caches]) -> Iterator[Violation]:
    """Compare both with the limit of a managed server."""
    memory = service.number("postgresMemory")
    for path, share in (
        ("sharedBuffers", service.bounds.shared_buffers),
        ("effectiveCacheSize", service.bounds.effective_cache_size),
    ):
        value = service.number(path)
        if memory and value is not None and value * 100 > memory * share:
            yield service.violation(
                path,
                f"postgres.{path} = {size_text(int(value))} is more than {share}% of postgres.memory = "
                f"{size_text(int(memory))}. Lower it, or raise postgres.memory.",
            )


RULE = ResourceRule(
    id="DB-001",
    title="Postgres' caches fit its memory",
    severity="high",
    rationale="sharedBuffers are taken from the same limit as every connection: too many of them end in an out-of- "
    "memory kill of the database; an effectiveCacheSize beyond the memory misleads the planner.",
    remediation="Set postgres.sharedBuffers and effectiveCacheSize, or raise postgres.memory.",
    bounds=Caches,
    types=frozenset({SERVICE}),
    check=check,
)
