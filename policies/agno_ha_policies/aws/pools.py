"""Connection pools that containers' environments configure, and what they open together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from typing import Any, NamedTuple

from agno_ha_policies.aws import servers
from agno_ha_policies.aws.kinds import PROXY, SCALING, SCHEDULE, SERVICE, TASK
from agno_ha_policies.aws.services import Scaled, definitions, desired, scaled, services
from agno_ha_policies.aws.tasks import CONTAINERS, Container, apps, is_unknown, number
from agno_ha_policies.docker.pools import POOLED, Tasks
from agno_ha_policies.view import View

KINDS = frozenset({TASK, SERVICE, SCALING, SCHEDULE, PROXY, *servers.KINDS})
"""What tells who opens how many connections, against which limit."""

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


class Use(NamedTuple):
    """Connections that the tasks of one definition open at most."""

    task: View[Any]
    at_min: float
    at_max: float
    rolling: float
    """At max, with the old tasks that a roll leaves beside the new ones."""


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
