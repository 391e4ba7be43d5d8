"""DB-107: whether a real Postgres asks for a password."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.servers import is_postgres
from agno_ha_policies.docker.workload import ENV, SERVICES
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

_METHOD = f"{ENV}.POSTGRES_HOST_AUTH_METHOD"


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look for the setting that lets everybody in."""
    if is_postgres(service) and service.text(_METHOD, "") == "trust":
        yield service.violation(
            _METHOD,
            "everybody who reaches the server is its superuser. Remove it, and set POSTGRES_PASSWORD_FILE.",
        )


RULE = ResourceRule(
    id="DB-107",
    title="Docker's Postgres asks for a password",
    severity="critical",
    rationale="With `trust` every container on the network is the database's superuser.",
    remediation="Remove POSTGRES_HOST_AUTH_METHOD and give the password as a file.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
