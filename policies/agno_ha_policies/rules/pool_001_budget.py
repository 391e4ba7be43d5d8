"""POOL-001: the connection budget of the facts, counted again."""

from __future__ import annotations

from collections.abc import Iterator

from pydantic import Field

from agno_ha_policies.model import SERVICE, Bounds, ResourceRule, Violation
from agno_ha_policies.view import View, digits, plural

_NUMBERS = (
    "max",
    "surge",
    "workers",
    "poolSize",
    "poolOverflow",
    "maxConnections",
    "reservedConnections",
    "connectionsNeeded",
    "connectionsUsable",
)


class Headroom(Bounds):
    """What stays free."""

    headroom: int = Field(default=0, ge=0)
    """Connections that stay free at the peak, beside those reserved for operators."""


def check(service: View[Headroom]) -> Iterator[Violation]:
    """Compare needed with usable connections, and both with what they are made of."""
    fact = {name: service.number(name) for name in _NUMBERS}
    needed, usable = fact["connectionsNeeded"], fact["connectionsUsable"]
    pooled = service.flag("pooler")
    headroom = service.bounds.headroom
    kept = f" with {plural(headroom, 'connection')} of headroom" if headroom else ""
    if needed is not None and usable is not None and needed + headroom > usable:
        yield service.violation(
            "connectionsNeeded",
            f"at scaling.max, while rolling, {plural(needed, 'connection')} are needed{kept}, and "
            f"{digits(usable)} are usable. Lower scaling.max, app.workers or postgres.pool, raise "
            "postgres.maxConnections, or enable postgres.pooler.",
        )
    if pooled is True:
        yield from _pooler(service, fact)
    else:
        clients = _clients(fact)
        if pooled is False and needed is not None and clients is not None and clients > needed:
            yield service.violation(
                "connectionsNeeded",
                f"the facts say {digits(needed)}, but (max + surge) × workers × (poolSize + poolOverflow) "  # noqa: RUF001
                f"is {digits(clients)}. Do not change the facts of the component.",
            )
    maximum, reserved = fact["maxConnections"], fact["reservedConnections"]
    if usable is not None and maximum is not None and reserved is not None and usable > maximum - reserved:
        yield service.violation(
            "connectionsUsable",
            f"the facts say {digits(usable)}, but maxConnections - reservedConnections is "
            f"{digits(maximum - reserved)}. Do not change the facts of the component.",
        )


def _clients(fact: dict[str, float | None]) -> float | None:
    """Connections of all web instances at the peak; the scheduler's come on top and are no own fact."""
    highest, surge, workers, size, overflow = (fact[name] for name in _NUMBERS[:5])
    if highest is None or surge is None or workers is None or size is None or overflow is None:
        return None
    return (highest + surge) * workers * (size + overflow)


def _pooler(service: View[Headroom], fact: dict[str, float | None]) -> Iterator[Violation]:
    servers, limit = service.number("poolerPoolSize"), service.number("poolerMaxClientConnections")
    needed, usable, clients = fact["connectionsNeeded"], fact["connectionsUsable"], _clients(fact)
    if servers is not None and usable is not None and servers + service.bounds.headroom > usable:
        yield service.violation(
            "poolerPoolSize",
            f"postgres.pooler.poolSize = {digits(servers)} is more than the {digits(usable)} usable "
            f"connections{' with headroom' if service.bounds.headroom else ''}. Lower it, or raise "
            "postgres.maxConnections.",
        )
    if clients is None:
        return
    if limit is not None and clients > limit:
        yield service.violation(
            "poolerMaxClientConnections",
            f"postgres.pooler.maxClientConnections = {digits(limit)}, but the instances open up to "
            f"{digits(clients)}. Raise it to {digits(clients)}.",
        )
    if needed is not None and servers is not None and min(clients, servers) > needed:
        yield service.violation(
            "connectionsNeeded",
            f"the facts say {digits(needed)}, but the pooler opens up to {digits(min(clients, servers))}. "
            "Do not change the facts of the component.",
        )


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
