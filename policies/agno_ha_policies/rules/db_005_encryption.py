"""DB-005: encryption on the way to an external Postgres."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.model import SERVICE, NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Read the facts; a managed server is reached inside the stack's own network."""
    if service.text("postgresMode") == "external" and service.flag("postgresTls") is False:
        yield service.violation(
            "postgresTls",
            "connections to the external Postgres are not encrypted. Set postgres.external.sslMode to require "
            "or verify-full.",
        )


RULE = ResourceRule(
    id="DB-005",
    title="Connections to an external Postgres are encrypted",
    severity="high",
    levels={"dev": "advisory"},
    rationale="Passwords' proofs and conversations would cross networks that are not ours in the open.",
    remediation="Set postgres.external.sslMode to require or verify-full.",
    bounds=NoBounds,
    types=frozenset({SERVICE}),
    check=check,
)
