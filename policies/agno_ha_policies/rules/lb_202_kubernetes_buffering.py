"""LB-202: an nginx on Kubernetes' buffering of streams."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import CONFIG_MAPS
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.rules import lb_102_docker_buffering as on_docker
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at proxy_buffering, which nginx has on."""
    yield from on_docker.check(view)


RULE = ResourceRule(
    id="LB-202",
    title="Streams pass nginx on Kubernetes unbuffered",
    severity="high",
    rationale="A buffered stream of events arrives in blocks, or all at its end.",
    remediation="Set proxy_buffering off.",
    bounds=NoBounds,
    types=CONFIG_MAPS,
    check=check,
)
