"""The capacity picture: who opens how many connections to which Postgres, against its limit."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from agno_ha_policies.addresses import POSTGRES, server_of
from agno_ha_policies.aws import pools as aws
from agno_ha_policies.aws import servers as aws_servers
from agno_ha_policies.docker.pools import peak, postgres_servers, tasks, users
from agno_ha_policies.docker.servers import postgres_limits
from agno_ha_policies.docker.workload import SERVICE as DOCKER_SERVICE
from agno_ha_policies.evaluation import subject
from agno_ha_policies.model import SERVICE, NoBounds, Resource
from agno_ha_policies.view import View


@dataclass(frozen=True)
class Row:
    """Connections that one user opens at most."""

    who: str
    at_min: float
    at_max: float
    with_surge: float
    """At max, while all instances are replaced."""


@dataclass(frozen=True)
class Picture:
    """One Postgres and who uses it."""

    name: str
    """Of the AgnoService, or where there is none of the Postgres server (on AWS: of its parameter group)."""
    rows: tuple[Row, ...]
    total: Row
    """The server's connections: the sum of the rows, or what a pooler makes of it."""
    maximum: float
    reserved: float
    """Of the maximum, for operators."""

    @property
    def usable(self) -> float:
        """The limit of the total."""
        return self.maximum - self.reserved


def pictures(resources: Iterable[Resource]) -> Iterator[Picture]:
    """Return a picture of each AgnoService, and of each Postgres on Docker or AWS outside one.

    What can't be read is left out: the rules say so.
    """
    strangers = []
    known = {resource.urn: resource for resource in resources}
    for each in (subject(resource, known) for _, resource in sorted(known.items())):
        view = View(each.resource, NoBounds(), None, {})
        if each.resource.type == SERVICE:
            picture = _of_facts(view)
            if picture is not None:
                yield picture
        elif each.owner is None:
            strangers.append(view)
    yield from _of_docker([each for each in strangers if each.resource.type == DOCKER_SERVICE])
    yield from _of_aws([each for each in strangers if each.resource.type in aws.KINDS])


def _of_facts(view: View[Any]) -> Picture | None:
    names = (
        "min",
        "max",
        "surge",
        "workers",
        "poolSize",
        "poolOverflow",
        "schedulerConnections",
        "poolerPoolSize",
    )
    read = [view.number(name) for name in (*names, "maxConnections", "reservedConnections")]
    numbers = [number for number in read if number is not None]
    pooler = view.flag("pooler")
    if len(numbers) < len(read) or pooler is None:
        return None
    low, high, surge, workers, size, overflow, scheduler, pooled, maximum, reserved = numbers
    each = workers * (size + overflow)
    rows = [Row("web", low * each, high * each, (high + surge) * each)]
    if scheduler:
        rows.append(Row("scheduler", scheduler, scheduler, scheduler))
    total = _sum("connections", rows)
    if pooler:
        parts = (min(pooled, part) for part in (total.at_min, total.at_max, total.with_surge))
        total = Row("connections of the pooler", *parts)
    return Picture(view.name, tuple(rows), total, maximum, reserved)


def _of_docker(group: Sequence[View[Any]]) -> Iterator[Picture]:
    servers = postgres_servers(group)
    for server in servers:
        limits = postgres_limits(server)
        rows = []
        for user in users(group):
            opened = peak(user, tasks(user))
            if opened is not None and server_of(user, servers, group, POSTGRES) is server:
                rows.append(Row(user.name, opened.steady, opened.steady, opened.rolling))
        if limits is not None and rows:
            yield Picture(
                server.name, tuple(rows), _sum("connections", rows), limits.maximum, limits.reserved
            )


def _of_aws(group: Sequence[View[Any]]) -> Iterator[Picture]:
    servers = aws_servers.limits_of(group)
    rows = [Row(use.task.name, *use[1:]) for use in aws.uses(group)]
    if len(servers) == 1 and rows:
        total = _sum("connections", rows)
        yield Picture(servers[0].view.name, tuple(rows), total, servers[0].maximum, aws_servers.SUPERUSERS)


def _sum(who: str, rows: Iterable[Row]) -> Row:
    parts = zip(*((row.at_min, row.at_max, row.with_surge) for row in rows), strict=True)
    return Row(who, *(sum(part) for part in parts))
