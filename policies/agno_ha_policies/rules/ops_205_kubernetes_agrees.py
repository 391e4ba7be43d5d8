"""OPS-205: memory limits of pods against the facts."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import SERVERS
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.rules import ops_105_docker_agrees as on_docker
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Compare the limits of an AgnoService's own pods with its facts."""
    yield from on_docker.check(view)


RULE = ResourceRule(
    id="OPS-205",
    title="Memory limits of pods agree with the facts",
    severity="high",
    rationale="The memory budgets are made from the facts; a limit that something else sets makes them "
    "wrong.",
    remediation="Let the topology decide the limits.",
    bounds=NoBounds,
    types=SERVERS,
    check=check,
)
