"""LB-302: encryption between clients and the load balancer."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import LISTENER
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(listener: View[NoBounds]) -> Iterator[Violation]:
    """Look at what an HTTP listener does: a redirect is fine."""
    if listener.text("protocol", "HTTPS") != "HTTP":
        return
    for index, _ in enumerate(listener.items("defaultActions") or []):
        if listener.text(f"defaultActions.{index}.type") == "forward":
            yield listener.violation(
                "protocol", "it forwards what comes in the open. Redirect to an HTTPS listener instead."
            )


RULE = ResourceRule(
    id="LB-302",
    title="Clients on AWS are served over TLS",
    severity="high",
    levels={"dev": "disabled"},
    rationale="API keys and conversations would cross the network in the open.",
    remediation="Forward from an HTTPS listener, and redirect from the other.",
    bounds=NoBounds,
    types=frozenset({LISTENER}),
    check=check,
)
