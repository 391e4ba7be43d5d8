"""POOL-204: the wait for a connection in real pods."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import PODS
from agno_ha_policies.kubernetes.pods import parts
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules import pool_104_docker_timeout as on_docker
from agno_ha_policies.rules.pool_003_timeout import PoolTimeout
from agno_ha_policies.view import View


def check(view: View[PoolTimeout]) -> Iterator[Violation]:
    """Compare the pool's timeout with the bound; its value is never shown."""
    for part in parts(view):
        yield from on_docker.check(part)


RULE = ResourceRule(
    id="POOL-204",
    title="Pools of pods give up before the client does",
    severity="high",
    rationale="A request that waits for a connection longer than its client waits for an answer is work for "
    "nobody.",
    remediation="Lower DB_POOL_TIMEOUT; for an AgnoService, postgres.pool.timeout.",
    bounds=PoolTimeout,
    types=PODS,
    check=check,
)
