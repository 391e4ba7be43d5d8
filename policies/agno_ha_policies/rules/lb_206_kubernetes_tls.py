"""LB-206: TLS at an nginx on Kubernetes."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import CONFIG_MAPS
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.rules import lb_106_docker_tls as on_docker
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look for a port with TLS."""
    yield from on_docker.check(view)


RULE = ResourceRule(
    id="LB-206",
    title="nginx on Kubernetes serves clients over TLS",
    severity="high",
    levels={"dev": "disabled"},
    rationale="API keys and conversations would cross the network in the open.",
    remediation="Add a port with ssl; for an AgnoService, loadBalancer.tls.",
    bounds=NoBounds,
    types=CONFIG_MAPS,
    check=check,
)
