"""LB-207: an nginx on Kubernetes against the facts."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import CONFIG_MAPS
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.rules import lb_107_docker_agrees as on_docker
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Compare an AgnoService's own configuration with its facts."""
    yield from on_docker.check(view)


RULE = ResourceRule(
    id="LB-207",
    title="nginx on Kubernetes agrees with the facts",
    severity="high",
    rationale="Rules on the facts judge TLS and timeouts; a configuration that something else writes makes "
    "them wrong.",
    remediation="Let the topology decide nginx' configuration.",
    bounds=NoBounds,
    types=CONFIG_MAPS,
    check=check,
)
