"""POOL-202: pool size and overflow of real pods."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import PODS
from agno_ha_policies.kubernetes.pods import parts
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules import pool_102_docker_bounds as on_docker
from agno_ha_policies.rules.pool_002_bounds import PoolBounds
from agno_ha_policies.view import View


def check(view: View[PoolBounds]) -> Iterator[Violation]:
    """Compare the pool of each container's environment with the bounds; its values are never shown."""
    for part in parts(view):
        yield from on_docker.check(part)


RULE = ResourceRule(
    id="POOL-202",
    title="Pool sizes of pods stay within bounds",
    severity="high",
    rationale="A pool of one serialises the requests of its process; a large one holds connections that no "
    "request uses; 0 and -1 mean no limit to SQLAlchemy.",
    remediation="Set DB_POOL_SIZE and DB_MAX_OVERFLOW of the pods; for an AgnoService, postgres.pool of its "
    "topology.",
    bounds=PoolBounds,
    presets={"dev": PoolBounds(min_size=1)},
    types=PODS,
    check=check,
)
