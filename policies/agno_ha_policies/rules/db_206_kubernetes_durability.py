"""DB-206: what a Postgres on Kubernetes does before it acknowledges."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import SERVERS
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.rules import db_106_docker_durability as on_docker
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at the settings that trade data for speed."""
    yield from on_docker.check(view)


RULE = ResourceRule(
    id="DB-206",
    title="Postgres on Kubernetes survives a crash",
    severity="critical",
    rationale="Without fsync or full page writes a crash of the node leaves a database that cannot be "
    "repaired.",
    remediation="Leave fsync and full_page_writes on.",
    bounds=NoBounds,
    types=SERVERS,
    check=check,
)
