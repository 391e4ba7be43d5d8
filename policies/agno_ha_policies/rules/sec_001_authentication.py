"""SEC-001: authentication of the API."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.model import SERVICE, NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Read the fact."""
    if service.text("authentication") == "none":
        yield service.violation(
            "authentication", "the API asks for no key. Set app.authentication to securityKey."
        )


RULE = ResourceRule(
    id="SEC-001",
    title="The API asks for a key",
    severity="critical",
    levels={"dev": "advisory"},
    rationale="Everybody who reaches the load balancer could run agents with your model keys and read every "
    "session.",
    remediation="Set app.authentication to securityKey.",
    bounds=NoBounds,
    types=frozenset({SERVICE}),
    check=check,
)
