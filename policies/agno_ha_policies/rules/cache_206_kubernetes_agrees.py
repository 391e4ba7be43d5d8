"""CACHE-206: settings of a Redis on Kubernetes against the facts."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import PODS
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.rules import cache_106_docker_agrees as on_docker
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Compare an AgnoService's own Redis with its facts."""
    yield from on_docker.check(view)


RULE = ResourceRule(
    id="CACHE-206",
    title="Redis' settings on Kubernetes agree with the facts",
    severity="high",
    rationale="The memory budget is made from the facts; a setting that something else changes makes it "
    "wrong.",
    remediation="Let the topology decide Redis' settings.",
    bounds=NoBounds,
    types=PODS,
    check=check,
)
