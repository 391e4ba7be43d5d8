"""LB-102: nginx' buffering of streams."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.files import CONFIGS, DATA, directives, proxy
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(config: View[NoBounds]) -> Iterator[Violation]:
    """Look at proxy_buffering, which nginx has on."""
    text = proxy(config)
    if text is not None and any(value != "off" for value in directives(text, "proxy_buffering") or ["on"]):
        yield config.violation(DATA, "answers are buffered. Set proxy_buffering off.")


RULE = ResourceRule(
    id="LB-102",
    title="Streams pass nginx unbuffered",
    severity="high",
    rationale="A buffered stream of events arrives in blocks, or all at its end.",
    remediation="Set proxy_buffering off.",
    bounds=NoBounds,
    types=CONFIGS,
    check=check,
)
