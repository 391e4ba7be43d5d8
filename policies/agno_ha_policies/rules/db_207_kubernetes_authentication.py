"""DB-207: whether a Postgres on Kubernetes asks for a password."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import PODS
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.rules import db_107_docker_authentication as on_docker
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look for the setting that lets everybody in."""
    yield from on_docker.check(view)


RULE = ResourceRule(
    id="DB-207",
    title="Postgres on Kubernetes asks for a password",
    severity="critical",
    rationale="With `trust` every pod that reaches it is the database's superuser.",
    remediation="Remove POSTGRES_HOST_AUTH_METHOD and give the password as a file.",
    bounds=NoBounds,
    types=PODS,
    check=check,
)
