"""DB-203: settings of a Postgres on Kubernetes against the facts."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import SERVERS
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.rules import db_103_docker_agrees as on_docker
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Compare an AgnoService's own Postgres with its facts."""
    yield from on_docker.check(view)


RULE = ResourceRule(
    id="DB-203",
    title="Postgres' settings on Kubernetes agree with the facts",
    severity="high",
    rationale="The memory budget is made from the facts; a setting that something else changes makes it "
    "wrong.",
    remediation="Let the topology decide Postgres' settings.",
    bounds=NoBounds,
    types=SERVERS,
    check=check,
)
