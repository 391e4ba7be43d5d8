"""POOL-301: the connection budget of tasks on ECS, whoever wrote the program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.aws.kinds import PARAMETERS, SCALING, SERVICE, TASK
from agno_ha_policies.aws.parameters import whole
from agno_ha_policies.aws.pools import pool
from agno_ha_policies.aws.tasks import app, is_unknown
from agno_ha_policies.model import StackRule, Violation
from agno_ha_policies.rules.pool_001_budget import Headroom
from agno_ha_policies.view import View, digits, plural, siblings


def check(views: Sequence[View[Headroom]]) -> Iterator[Violation]:
    """Compare, below each parent, what all pools may open with what the one parameter group of Postgres admits."""
    for group in siblings(views):
        servers = [each for each in group if each.resource.type == PARAMETERS]
        if len(servers) == 1 and (admitted := whole(servers[0], "max_connections")) is not None:
            yield from _compared(servers[0], admitted, group)


def _compared(
    server: View[Headroom], admitted: tuple[str, int], group: Sequence[View[Headroom]]
) -> Iterator[Violation]:
    needed, names = 0.0, []
    for task in group:
        # Not known before the first deployment: there the facts say the same (POOL-001).
        if task.resource.type != TASK or (is_unknown(task) and task.owner is not None):
            continue
        container = app(task)
        if container is None or container.environment.get("DB_POOLER", "off") != "off":
            continue
        opened = pool(task, container)
        count = 1.0 if container.environment.get("AGNO_ROLE") == "scheduler" else _instances(group)
        if opened is not None and count is not None:
            needed += opened * count
            names.append(task.name)
    path, maximum = admitted
    reserved = (server.owner.number("reservedConnections") if server.owner is not None else 3) or 0
    if names and needed + server.bounds.headroom > maximum - reserved:
        many = "connections without limit" if needed == float("inf") else plural(needed, "connection")
        yield server.violation(
            path,
            f"{', '.join(names)} may open {many} while rolling, and "
            f"{digits(maximum - reserved)} are usable (max_connections = {digits(maximum)}). Lower capacity, workers "
            "or pools, or raise max_connections.",
        )


def _instances(group: Sequence[View[Headroom]]) -> float | None:
    """Instances at most, with those of a roll."""
    bounds = [each.number("maxCapacity") for each in group if each.resource.type == SCALING]
    counts = [each for each in group if each.resource.type == SERVICE and each.known("loadBalancers", None)]
    found = bounds or [each.number("desiredCount", 1) for each in counts]
    most = [value for value in found if value is not None]
    rolls = [each.number("deploymentMaximumPercent", 200) for each in counts]
    percent = max((value for value in rolls if value is not None), default=200.0)
    return max(most) * percent / 100 if most else None


RULE = StackRule(
    id="POOL-301",
    title="The connection budget on ECS holds",
    severity="critical",
    rationale="The pools of all tasks, the old ones of a roll included, must fit into the server's "
    "max_connections.",
    remediation="Lower the capacity, workers or pools, or raise max_connections of the parameter group.",
    bounds=Headroom,
    types=frozenset({TASK, SERVICE, SCALING, PARAMETERS}),
    check=check,
)
