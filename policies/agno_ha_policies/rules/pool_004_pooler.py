"""POOL-004: the pooler's two sides."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.model import SERVICE, ResourceRule, Violation
from agno_ha_policies.rules.pool_001_budget import Headroom, clients
from agno_ha_policies.view import View, digits


def check(service: View[Headroom]) -> Iterator[Violation]:
    """Compare its server connections with the usable ones, and its client connections with the app's."""
    if service.flag("pooler") is not True:
        return
    servers, limit = service.number("poolerPoolSize"), service.number("poolerMaxClientConnections")
    needed, usable = service.number("connectionsNeeded"), service.number("connectionsUsable")
    mode, opened, headroom = service.text("poolerMode"), clients(service), service.bounds.headroom
    if servers is not None and usable is not None and servers + headroom > usable:
        yield service.violation(
            "poolerPoolSize",
            f"postgres.pooler.poolSize = {digits(servers)} is more than the {digits(usable)} usable "
            f"connections{' with headroom' if headroom else ''}. Lower it, or raise postgres.maxConnections.",
        )
    if opened is None:
        return
    if limit is not None and opened > limit:
        yield service.violation(
            "poolerMaxClientConnections",
            f"postgres.pooler.maxClientConnections = {digits(limit)}, but the app opens up to "
            f"{digits(opened)}. Raise it to {digits(opened)}.",
        )
    if mode == "session" and servers is not None and opened > servers:
        yield service.violation(
            "poolerMode",
            f"in session mode every client keeps a server connection: {digits(opened)} do not fit into "
            f"postgres.pooler.poolSize = {digits(servers)}. Set postgres.pooler.mode to transaction.",
        )
    if needed is not None and servers is not None and min(opened, servers) > needed:
        yield service.violation(
            "connectionsNeeded",
            f"the facts say {digits(needed)}, but the pooler opens up to {digits(min(opened, servers))}. "
            "Do not change the facts of the component.",
        )


RULE = ResourceRule(
    id="POOL-004",
    title="The pooler fits both sides",
    severity="critical",
    rationale="A pooler that opens more connections than Postgres has use for moves the exhaustion, one that admits "
    "fewer clients than the app has refuses them.",
    remediation="Set postgres.pooler.poolSize, maxClientConnections and mode.",
    bounds=Headroom,
    types=frozenset({SERVICE}),
    check=check,
)
