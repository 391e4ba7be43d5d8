"""POOL-002: the facts' pool size and overflow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from agno_ha.topology.base import Between, Conflict, Whole

from agno_ha_policies.model import SERVICE, Bounds, ResourceRule, Violation
from agno_ha_policies.view import View, digits

_Size = Annotated[Whole, Between(1, 1000)]
_Overflow = Annotated[Whole, Between(0, 1000)]


class PoolBounds(Bounds):
    """Sizes that a pool may have, in connections of one worker process."""

    min_size: _Size = 2
    """Least size: with 1 connection the requests of a process wait for each other; 0 would mean no limit."""

    max_size: _Size = 20
    """Largest size: more idle connections than Postgres has use for."""

    min_overflow: _Overflow = 0
    """Least overflow; -1 would mean no limit at all."""

    max_overflow: _Overflow = 20
    """Largest overflow: connections that are opened and closed under load."""

    def conflicts(self) -> Iterator[Conflict]:
        """Bounds in order."""
        for kind, low, high in (
            ("Size", self.min_size, self.max_size),
            ("Overflow", self.min_overflow, self.max_overflow),
        ):
            if low > high:
                yield Conflict(f"min{kind}", f"more than max{kind} = {high}", f"Lower it, or raise max{kind}")


def outside(value: float | None, low: int, high: int) -> str | None:
    """Say on which side of its bounds a value lies; None within them, or when it is not known."""
    if value is None or low <= value <= high:
        return None
    return f"below the least value of {low}" if value < low else f"above the largest value of {high}"


def check(service: View[PoolBounds]) -> Iterator[Violation]:
    """Compare size and overflow with the bounds."""
    bounds = service.bounds
    for path, setting, low, high in (
        ("poolSize", "postgres.pool.size", bounds.min_size, bounds.max_size),
        ("poolOverflow", "postgres.pool.overflow", bounds.min_overflow, bounds.max_overflow),
    ):
        value = service.number(path)
        side = outside(value, low, high)
        if value is not None and side:
            yield service.violation(
                path, f"{setting} = {digits(value)} is {side}. Set it between {low} and {high}."
            )


RULE = ResourceRule(
    id="POOL-002",
    title="Pool sizes stay within bounds",
    severity="high",
    rationale="A pool of one serialises the requests of its process; a large one holds connections, and "
    "their memory in Postgres, that no request uses; 0 and -1 mean no limit to SQLAlchemy.",
    remediation="Set postgres.pool.size and postgres.pool.overflow in topology.yaml or in the stack's "
    "overrides.",
    bounds=PoolBounds,
    presets={"dev": PoolBounds(min_size=1)},
    types=frozenset({SERVICE}),
    check=check,
)
