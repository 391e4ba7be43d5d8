"""LB-203: requests that an nginx on Kubernetes may send twice."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import CONFIG_MAPS
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.rules import lb_103_docker_retries as on_docker
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look for the word that lets nginx repeat a POST."""
    yield from on_docker.check(view)


RULE = ResourceRule(
    id="LB-203",
    title="nginx on Kubernetes sends no run twice",
    severity="critical",
    rationale="A run that is repeated on another instance answers twice, writes twice and is paid twice.",
    remediation="Remove non_idempotent from proxy_next_upstream.",
    bounds=NoBounds,
    types=CONFIG_MAPS,
    check=check,
)
