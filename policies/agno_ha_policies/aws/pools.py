"""Connection pools that containers' environments configure, and what they open together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from agno_ha_policies.aws.kinds import CLUSTER_PARAMETERS, PARAMETERS, SCALING, SERVICE, TASK
from agno_ha_policies.aws.parameters import whole
from agno_ha_policies.aws.services import Scaled, definitions, desired, scaled, services
from agno_ha_policies.aws.tasks import Container, apps, is_unknown, number
from agno_ha_policies.docker.pools import POOLED, Tasks
from agno_ha_policies.view import View

LIMITS = frozenset({PARAMETERS, CLUSTER_PARAMETERS})
"""What may set max_connections: an instance's own, or Aurora's."""
KINDS = frozenset({TASK, SERVICE, SCALING, *LIMITS})
"""What tells who opens how many connections, against which limit."""
SUPERUSERS = 3
"""Connections that Postgres keeps back by itself."""

SIZE, OVERFLOW, WORKERS = "DB_POOL_SIZE", "DB_MAX_OVERFLOW", "WORKERS"
_DEFAULTS = {SIZE: 5.0, OVERFLOW: 10.0, WORKERS: 1.0}
"""SQLAlchemy's, and one process."""


def setting(view: View[Any], container: Container, name: str) -> float | None:
    """Return one number of the pool; None, and said, where it is none."""
    default = _DEFAULTS[name]
    if name == WORKERS and WORKERS not in container.variables:
        name = "WEB_CONCURRENCY"
    return number(view, container, name, default)


def pool(view: View[Any], container: Container) -> float | None:
    """Return the connections that a container opens at most; infinite for SQLAlchemy's 0 and -1: no limit."""
    size, overflow, workers = (setting(view, container, name) for name in (SIZE, OVERFLOW, WORKERS))
    if size is None or overflow is None or workers is None:
        return None
    return float("inf") if size <= 0 or overflow < 0 else workers * (size + overflow)


class Server(NamedTuple):
    """A parameter group of Postgres that sets max_connections."""

    view: View[Any]
    path: str
    maximum: int


class Use(NamedTuple):
    """Connections that the tasks of one definition open at most."""

    name: str
    at_min: float
    at_max: float
    rolling: float
    """At max, with the old tasks that a roll leaves beside the new ones."""


def servers(group: Sequence[View[Any]]) -> list[Server]:
    """Return the limits of Postgres among resources that belong together, as far as they can be read."""
    found = [
        (each, whole(each, "max_connections"))
        for each in group
        if each.resource.type in LIMITS
        and (each.text("family") or "").startswith(("postgres", "aurora-postgresql"))
    ]
    return [Server(each, *limit) for each, limit in found if limit is not None]


def uses(group: Sequence[View[Any]]) -> Iterator[Use]:
    """Yield what each task definition with a pool straight to Postgres opens, as far as it can be read."""
    pooled = [(task, direct) for task in group if (direct := _direct(task))]
    if not pooled:
        return
    targets = scaled(group)
    running: dict[str, list[tuple[View[Any], bool]]] = defaultdict(list)
    for service in services(group):
        run = definitions(service, group)
        for task in run:
            running[task.resource.urn].append((service, len(run) == 1))
    for task, direct in pooled:
        each = [opened for container in direct if (opened := pool(task, container)) is not None]
        run_by = running[task.resource.urn]
        if not run_by:
            task.unreadable(
                "family", "is run by no service beside it, so that the number of tasks is not known"
            )
        counts = [
            count for service, sure in run_by if sure and (count := _instances(service, targets)) is not None
        ]
        if each and counts:
            yield Use(
                task.name,
                *(sum(each) * count if count else 0.0 for count in map(sum, zip(*counts, strict=True))),
            )


def _direct(task: View[Any]) -> list[Container]:
    """Return the containers with a pool that no pooler stands before."""
    # Not known before the first deployment: there the facts say the same (POOL-001).
    if task.resource.type != TASK or (is_unknown(task) and task.owner is not None):
        return []
    return [each for each in apps(task) if each.environment.get("DB_POOLER") not in POOLED]


def _instances(service: View[Any], targets: Sequence[Scaled]) -> Tasks | None:
    """Return how many tasks of a service there may be; None, and said, where it can't be told."""
    owners = [each for each in targets if service in each.services]
    if any(len(each.services) > 1 for each in owners):
        return None
    if owners:
        low, high = owners[0].target.number("minCapacity"), owners[0].target.number("maxCapacity")
    else:
        if service.text("schedulingStrategy", "REPLICA") == "DAEMON":
            service.unreadable(
                "schedulingStrategy", "is one task on every node, and their number is not known"
            )
        low = high = desired(service)
    percent = service.number("deploymentMaximumPercent", 200)
    if low is None or high is None or percent is None:
        return None
    return Tasks(low, high, max(high, high * percent / 100))
