"""POOL-002: the facts' pool size and overflow."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Self

from pydantic import Field, model_validator

from agno_ha_policies.model import SERVICE, Bounds, ResourceRule, Violation
from agno_ha_policies.view import View, digits


class PoolBounds(Bounds):
    """Sizes that a pool may have, in connections of one worker process."""

    min_size: int = Field(default=2, ge=1)
    """Least size: with 1 connection the requests of a process wait for each other; 0 would mean no limit."""

    max_size: int = Field(default=20, ge=1)
    """Largest size: more idle connections than Postgres has use for."""

    min_overflow: int = Field(default=0, ge=0)
    """Least overflow; -1 would mean no limit at all."""

    max_overflow: int = Field(default=20, ge=0)
    """Largest overflow: connections that are opened and closed under load."""

    @model_validator(mode="after")
    def _ordered(self) -> Self:
        if self.min_size > self.max_size or self.min_overflow > self.max_overflow:
            raise ValueError("a least value is above the largest one")
        return self


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
    presets={"dev": PoolBounds.model_validate({"minSize": 1})},
    types=frozenset({SERVICE}),
    check=check,
)
