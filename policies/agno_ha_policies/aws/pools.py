"""Connection pools that containers' environments configure, and what they open together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from typing import Any, NamedTuple

from agno_ha_policies.aws.kinds import (
    CLUSTER,
    CLUSTER_PARAMETERS,
    INSTANCE,
    PARAMETERS,
    PROXY,
    SCALING,
    SCHEDULE,
    SERVICE,
    TASK,
)
from agno_ha_policies.aws.parameters import whole
from agno_ha_policies.aws.references import meant
from agno_ha_policies.aws.services import Scaled, definitions, desired, scaled, services
from agno_ha_policies.aws.stores import is_postgres, is_replica
from agno_ha_policies.aws.tasks import CONTAINERS, Container, apps, is_unknown, number
from agno_ha_policies.docker.pools import POOLED, Tasks
from agno_ha_policies.view import View

LIMITS = frozenset({PARAMETERS, CLUSTER_PARAMETERS})
"""What may set max_connections: an instance's own, or Aurora's."""
KINDS = frozenset({TASK, SERVICE, SCALING, SCHEDULE, INSTANCE, CLUSTER, PROXY, *LIMITS})
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


_GROUP = {INSTANCE: "parameterGroupName", CLUSTER: "dbClusterParameterGroupName"}
"""How a database names its parameter group."""


class Use(NamedTuple):
    """Connections that the tasks of one definition open at most."""

    task: View[Any]
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


def used(use: Use, limits: Sequence[Server], group: Sequence[View[Any]]) -> list[Server]:
    """Return the servers that tasks may use: that of the database whose host they are given, else any."""
    parts = use.task.resource.made_of.get(CONTAINERS, ())
    named = [each for each in group if each.resource.type in _GROUP and each.resource.urn in parts]
    views = [
        view
        for each in named
        if len(limits) > 1 and not _has_default(each)
        for view in meant(each, _GROUP[each.resource.type], [limit.view for limit in limits], "name")
    ]
    return [limit for limit in limits if limit.view in views] or list(limits)


def without_limit(group: Sequence[View[Any]]) -> list[tuple[View[Any], str]]:
    """Return databases of Postgres that leave max_connections to RDS, and where they could say it."""
    return [
        (each, _GROUP[each.resource.type])
        for each in group
        if each.resource.type in _GROUP and is_postgres(each) and not is_replica(each) and _has_default(each)
    ]


def _has_default(database: View[Any]) -> bool:
    name = database.known(_GROUP[database.resource.type], "default.")
    return isinstance(name, str) and name.startswith("default.")


def uses(group: Sequence[View[Any]]) -> Iterator[Use]:
    """Yield what each task definition with a pool straight to Postgres opens, as far as it can be read."""
    proxies = {each.resource.urn for each in group if each.resource.type == PROXY}
    pooled = [(task, direct) for task in group if (direct := _direct(task, proxies))]
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
                task,
                *(sum(each) * count if count else 0.0 for count in map(sum, zip(*counts, strict=True))),
            )


def _direct(task: View[Any], proxies: Set[str]) -> list[Container]:
    """Return the containers with a pool that no pooler stands before: none says so, and none is named to them."""
    # Not known before the first deployment: there the facts say the same (POOL-001).
    if task.resource.type != TASK or (is_unknown(task) and task.owner is not None):
        return []
    if not proxies.isdisjoint(task.resource.made_of.get(CONTAINERS, ())):
        return []
    return [each for each in apps(task) if each.environment.get("DB_POOLER") not in POOLED]


def _instances(service: View[Any], targets: Sequence[Scaled]) -> Tasks | None:
    """Return how many tasks of a service there may be; None, and said, where it can't be told."""
    owners = [each for each in targets if service in each.services]
    if any(len(each.services) > 1 for each in owners):
        return None
    if owners:
        lows = [low for each in owners[0].ranges if (low := each.least()) is not None]
        highs = [high for each in owners[0].ranges if (high := each.most()) is not None]
        low, high = min(lows, default=None), max(highs, default=None)
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
