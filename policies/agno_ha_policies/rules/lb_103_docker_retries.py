"""LB-103: requests that nginx may send twice."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.files import CONFIGS, DATA, directives, proxy
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(config: View[NoBounds]) -> Iterator[Violation]:
    """Look for the word that lets nginx repeat a POST."""
    text = proxy(config)
    if text is not None and any(
        "non_idempotent" in value for value in directives(text, "proxy_next_upstream")
    ):
        yield config.violation(
            DATA, "a POST may run on two instances. Remove non_idempotent from proxy_next_upstream."
        )


RULE = ResourceRule(
    id="LB-103",
    title="nginx sends no run twice",
    severity="critical",
    rationale="A run that is repeated on another instance answers twice, writes twice and is paid twice.",
    remediation="Remove non_idempotent from proxy_next_upstream.",
    bounds=NoBounds,
    types=CONFIGS,
    check=check,
)
