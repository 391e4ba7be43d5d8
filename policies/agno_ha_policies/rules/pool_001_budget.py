"""POOL-001: the connection budget of the facts, counted again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Any

from agno_ha.topology.base import Between, Whole

from agno_ha_policies.model import SERVICE, Bounds, ResourceRule, Violation
from agno_ha_policies.view import View, digits, plural

_PARTS = ("max", "surge", "workers", "poolSize", "poolOverflow", "schedulerConnections")


class Headroom(Bounds):
    """What stays free."""

    headroom: Annotated[Whole, Between(0, 10_000)] = 0
    """Connections that stay free at the peak, beside those reserved for operators."""


def check(service: View[Headroom]) -> Iterator[Violation]:
    """Compare needed with usable connections, and both with what they are made of."""
    needed, usable = service.number("connectionsNeeded"), service.number("connectionsUsable")
    headroom = service.bounds.headroom
    kept = f" with {plural(headroom, 'connection')} of headroom" if headroom else ""
    if needed is not None and usable is not None and needed + headroom > usable:
        yield service.violation(
            "connectionsNeeded",
            f"at scaling.max, while rolling, {plural(needed, 'connection')} are needed{kept}, and "
            f"{digits(usable)} are usable. Lower scaling.max, app.workers or postgres.pool, raise "
            "postgres.maxConnections, or enable postgres.pooler.",
        )
    opened = clients(service)
    if service.flag("pooler") is False and needed is not None and opened is not None and opened > needed:
        yield service.violation(
            "connectionsNeeded",
            f"the facts say {digits(needed)}, but (max + surge) × workers × (poolSize + poolOverflow) "  # noqa: RUF001
            f"and the scheduler's are {digits(opened)}. Do not change the facts of the component.",
        )
    maximum, reserved = service.number("maxConnections"), service.number("reservedConnections")
    if usable is not None and maximum is not None and reserved is not None and usable > maximum - reserved:
        yield service.violation(
            "connectionsUsable",
            f"the facts say {digits(usable)}, but maxConnections - reservedConnections is "
            f"{digits(maximum - reserved)}. Do not change the facts of the component.",
        )


def clients(service: View[Any]) -> float | None:
    """Return the connections that the app opens at the peak; None where a part can't be read."""
    read = [service.number(name) for name in _PARTS]
    parts = [part for part in read if part is not None]
    if len(parts) < len(_PARTS):
        return None
    highest, surge, workers, size, overflow, scheduler = parts
    return (highest + surge) * workers * (size + overflow) + scheduler


RULE = ResourceRule(
    id="POOL-001",
    title="The connection budget holds",
    severity="critical",
    rationale="When all instances, the new ones of a roll included, open every connection that their pools "
    "allow, Postgres refuses the next one: requests fail at the very moment of the highest load, and "
    "operators are locked out.",
    remediation="Lower scaling.max, app.workers or postgres.pool, raise postgres.maxConnections, or enable "
    "postgres.pooler.",
    bounds=Headroom,
    types=frozenset({SERVICE}),
    check=check,
)
