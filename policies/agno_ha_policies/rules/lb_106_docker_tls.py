"""LB-106: TLS at a real nginx."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.files import CONFIGS, DATA, directives, proxy
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(config: View[NoBounds]) -> Iterator[Violation]:
    """Look for a port with TLS."""
    text = proxy(config)
    if text is not None and not any("ssl" in value.split() for value in directives(text, "listen")):
        yield config.violation(
            DATA, "no port has TLS. Add `listen … ssl`; where TLS ends before nginx, add an exception."
        )


RULE = ResourceRule(
    id="LB-106",
    title="nginx serves clients over TLS",
    severity="high",
    levels={"dev": "disabled"},
    rationale="API keys and conversations would cross the network in the open.",
    remediation="Add a port with ssl; for an AgnoService, loadBalancer.tls.",
    bounds=NoBounds,
    types=CONFIGS,
    check=check,
)
