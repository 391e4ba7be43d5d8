"""DB-201: caches of a Postgres on Kubernetes against its memory."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import SERVERS
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules import db_101_docker_caches as on_docker
from agno_ha_policies.rules.db_001_caches import Caches
from agno_ha_policies.view import View


def check(view: View[Caches]) -> Iterator[Violation]:
    """Compare both with the limit; without a limit OPS-201 speaks."""
    yield from on_docker.check(view)


RULE = ResourceRule(
    id="DB-201",
    title="Caches of Postgres on Kubernetes fit its memory",
    severity="high",
    rationale="shared_buffers are taken from the same limit as every connection: too many of them end in an "
    "out-of-memory kill of the database.",
    remediation="Set shared_buffers and effective_cache_size; for an AgnoService, postgres of its topology.",
    bounds=Caches,
    types=SERVERS,
    check=check,
)
