"""POOL-203: the real pools and the real connection limit against the facts."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import SERVERS
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.rules import pool_103_docker_agrees as on_docker
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Compare an AgnoService's own instances and Postgres with its facts."""
    yield from on_docker.check(view)


RULE = ResourceRule(
    id="POOL-203",
    title="Pools and limits on Kubernetes agree with the facts",
    severity="critical",
    rationale="The connection budget is made from the facts; a pool or a limit that something else sets "
    "makes it wrong.",
    remediation="Let the topology decide pools, workers and the connection limit.",
    bounds=NoBounds,
    types=SERVERS,
    check=check,
)
