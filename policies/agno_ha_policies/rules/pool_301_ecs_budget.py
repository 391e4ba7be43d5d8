"""POOL-301: the connection budget of tasks on ECS, whoever wrote the program."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.aws.pools import KINDS, Use, uses
from agno_ha_policies.aws.servers import SUPERUSERS, Server, limits_of, used, without_limit
from agno_ha_policies.model import StackRule, Violation
from agno_ha_policies.rules.pool_001_budget import Headroom
from agno_ha_policies.view import View, digits, plural, siblings


def check(views: Sequence[View[Headroom]]) -> Iterator[Violation]:
    """Compare what all pools of what belongs together may open with what a parameter group of Postgres admits."""
    for group in siblings(views):
        limits, unlimited = limits_of(group), without_limit(group)
        opened = [(use, used(use.task, limits, group)) for use in uses(group)] if limits or unlimited else []
        for database, path in unlimited if opened and not limits else ():
            database.unreadable(
                path, "RDS then takes what the class's memory holds. Name a group that sets max_connections"
            )
        for limit in limits:
            if message := _exceeded(limit, [use for use, at in opened if at == [limit]]):
                yield limit.view.violation(limit.path, message)
            elif _exceeded(limit, [use for use, at in opened if limit in at]):
                limit.view.unreadable(
                    limit.path, "is one of several, and which of them the tasks use is not known"
                )


def _exceeded(limit: Server, opened: Sequence[Use]) -> str:
    needed, owner = sum(each.rolling for each in opened), limit.view.owner
    reserved = (owner.number("reservedConnections") if owner is not None else SUPERUSERS) or 0
    usable = limit.maximum - reserved
    if not opened or needed + limit.view.bounds.headroom <= usable:
        return ""
    many = "connections without limit" if needed == float("inf") else plural(needed, "connection")
    who = ", ".join(each.task.name for each in opened)
    return (
        f"{who} may open {many} while rolling, and {digits(usable)} are usable "
        f"(max_connections = {digits(limit.maximum)}). Lower capacity, workers or pools, or raise max_connections."
    )


RULE = StackRule(
    id="POOL-301",
    title="The connection budget on ECS holds",
    severity="critical",
    rationale="The pools of all tasks, the old ones of a roll included, must fit into the server's "
    "max_connections.",
    remediation="Lower the capacity, workers or pools, or raise max_connections of the parameter group.",
    bounds=Headroom,
    types=KINDS,
    check=check,
)
