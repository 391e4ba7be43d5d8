"""POOL-005: connections that stay the operators'."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from agno_ha.topology.base import Between, Whole

from agno_ha_policies.model import SERVICE, Bounds, ResourceRule, Violation
from agno_ha_policies.view import View, digits


class Reserved(Bounds):
    """What operators need."""

    least: Annotated[Whole, Between(0, 1000)] = 3
    """Connections that only operators may open: one to look, one to act, one for monitoring."""


def check(service: View[Reserved]) -> Iterator[Violation]:
    """Compare the reserved connections with the bound."""
    reserved, least = service.number("reservedConnections"), service.bounds.least
    if reserved is not None and reserved < least:
        yield service.violation(
            "reservedConnections",
            f"postgres.reservedConnections = {digits(reserved)} is below {least}. Raise it to {least}.",
        )


RULE = ResourceRule(
    id="POOL-005",
    title="Operators can always connect",
    severity="high",
    rationale="When every connection is taken, the one who wants to see why gets none either.",
    remediation="Raise postgres.reservedConnections.",
    bounds=Reserved,
    types=frozenset({SERVICE}),
    check=check,
)
