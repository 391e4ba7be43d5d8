"""POOL-302: pool size and overflow of tasks on ECS."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import TASK
from agno_ha_policies.aws.pools import OVERFLOW, SIZE, setting
from agno_ha_policies.aws.tasks import apps, is_unknown
from agno_ha_policies.model import ResourceRule, Violation
from agno_ha_policies.rules.pool_002_bounds import PoolBounds, outside
from agno_ha_policies.view import View


def check(task: View[PoolBounds]) -> Iterator[Violation]:
    """Compare the environment's pool with the bounds; its values are never shown."""
    # Not known before the first deployment: there the facts say the same (POOL-002).
    if is_unknown(task) and task.owner is not None:
        return
    bounds = task.bounds
    limits = ((SIZE, bounds.min_size, bounds.max_size), (OVERFLOW, bounds.min_overflow, bounds.max_overflow))
    for container in apps(task):
        for name, low, high in limits if SIZE in container.variables else ():
            side = outside(setting(task, container, name), low, high)
            if side:
                yield task.violation(
                    container.path(f"environment.{name}"),
                    f"{name} is {side}. Set it between {low} and {high}.",
                )


RULE = ResourceRule(
    id="POOL-302",
    title="Pool sizes on ECS stay within bounds",
    severity="high",
    rationale="A pool of one serialises the requests of its process; a large one holds connections that no "
    "request uses; 0 and -1 mean no limit to SQLAlchemy.",
    remediation="Set DB_POOL_SIZE and DB_MAX_OVERFLOW; for an AgnoService, postgres.pool of its topology.",
    bounds=PoolBounds,
    presets={"dev": PoolBounds(min_size=1)},
    types=frozenset({TASK}),
    check=check,
)
