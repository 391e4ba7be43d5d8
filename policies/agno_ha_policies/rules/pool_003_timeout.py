"""POOL-003: the wait for a connection against the wait for an answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from agno_ha.topology.base import Between
from agno_ha.topology.units import HOUR, Duration, duration_text

from agno_ha_policies.model import SERVICE, Bounds, ResourceRule, Violation
from agno_ha_policies.view import View


class PoolTimeout(Bounds):
    """How long a request may wait for a connection."""

    longest: Annotated[Duration, Between(0.1, HOUR, duration_text)] = 30.0
    """Longest wait: clients and proxies commonly give up after 30 to 60 seconds."""


def check(service: View[PoolTimeout]) -> Iterator[Violation]:
    """Compare the pool's timeout with the bound and with the load balancer's."""
    timeout, idle = service.number("poolTimeout"), service.number("idleTimeout")
    if timeout is None:
        return
    longest = service.bounds.longest
    if timeout > longest:
        yield service.violation(
            "poolTimeout",
            f"postgres.pool.timeout = {duration_text(timeout)} is above {duration_text(longest)}. Lower it.",
        )
    if idle is not None and timeout >= idle:
        yield service.violation(
            "idleTimeout",
            f"loadBalancer.idleTimeout = {duration_text(idle)} is not above postgres.pool.timeout = "
            f"{duration_text(timeout)}. Lower postgres.pool.timeout.",
        )


RULE = ResourceRule(
    id="POOL-003",
    title="The pool gives up before the client does",
    severity="high",
    rationale="A request that waits for a connection longer than its client waits for an answer is work for nobody: "
    "it holds its place in the queue, and the client's retry joins it there.",
    remediation="Lower postgres.pool.timeout.",
    bounds=PoolTimeout,
    types=frozenset({SERVICE}),
    check=check,
)
