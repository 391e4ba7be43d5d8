"""CACHE-004: encryption on the way to an external Redis."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.model import SERVICE, NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Read the facts; a managed server is reached inside the stack's own network."""
    if service.text("redisMode") == "external" and service.flag("redisTls") is False:
        yield service.violation(
            "redisTls", "connections to the external Redis are not encrypted. Set redis.external.tls to true."
        )


RULE = ResourceRule(
    id="CACHE-004",
    title="Connections to an external Redis are encrypted",
    severity="high",
    levels={"dev": "advisory"},
    rationale="The password and the events of every run would cross networks that are not ours in the open.",
    remediation="Set redis.external.tls to true.",
    bounds=NoBounds,
    types=frozenset({SERVICE}),
    check=check,
)
