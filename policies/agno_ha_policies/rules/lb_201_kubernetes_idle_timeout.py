"""LB-201: an nginx on Kubernetes' patience with silent streams."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import CONFIG_MAPS
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules import lb_101_docker_idle_timeout as on_docker
from agno_ha_policies.rules.lb_101_docker_idle_timeout import Patience
from agno_ha_policies.view import View


def check(view: View[Patience]) -> Iterator[Violation]:
    """Compare every proxy_read_timeout with the longest silence."""
    yield from on_docker.check(view)


RULE = ResourceRule(
    id="LB-201",
    title="nginx on Kubernetes does not cut silent streams",
    severity="high",
    rationale="A stream says nothing while a model or a tool works: cut, its run is lost to the client "
    "although it goes on.",
    remediation="Raise proxy_read_timeout; for an AgnoService, loadBalancer.idleTimeout.",
    bounds=Patience,
    types=CONFIG_MAPS,
    check=check,
)
