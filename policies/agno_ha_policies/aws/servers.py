"""Servers of Postgres on RDS and Aurora: how many connections they admit, and which of them a task uses."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from agno_ha_policies.aws.kinds import CLUSTER, CLUSTER_PARAMETERS, INSTANCE, PARAMETERS
from agno_ha_policies.aws.parameters import is_own, whole
from agno_ha_policies.aws.references import meant
from agno_ha_policies.aws.stores import is_postgres, is_replica
from agno_ha_policies.aws.tasks import CONTAINERS
from agno_ha_policies.view import View

_LIMITS = frozenset({PARAMETERS, CLUSTER_PARAMETERS})
"""What may set max_connections: an instance's own, or Aurora's."""
_GROUP = {INSTANCE: "parameterGroupName", CLUSTER: "dbClusterParameterGroupName"}
"""How a database names its parameter group."""
KINDS = frozenset({*_LIMITS, *_GROUP})
"""What tells how many connections a server admits."""
SUPERUSERS = 3
"""Connections that Postgres keeps back by itself."""


class Server(NamedTuple):
    """A parameter group of Postgres that sets max_connections."""

    view: View[Any]
    path: str
    maximum: int


def limits_of(group: Sequence[View[Any]]) -> list[Server]:
    """Return the limits of Postgres among resources that belong together, as far as they can be read."""
    found = [
        (each, whole(each, "max_connections"))
        for each in group
        if each.resource.type in _LIMITS
        and (each.text("family") or "").startswith(("postgres", "aurora-postgresql"))
    ]
    return [Server(each, *limit) for each, limit in found if limit is not None]


def used(task: View[Any], limits: Sequence[Server], group: Sequence[View[Any]]) -> list[Server]:
    """Return the servers that a task may use: that of the database whose host it is given, else any."""
    parts = task.resource.made_of.get(CONTAINERS, ())
    named = [each for each in group if each.resource.type in _GROUP and each.resource.urn in parts]
    views = [
        view
        for each in named
        if len(limits) > 1 and not is_own(each, _GROUP[each.resource.type])
        for view in meant(each, _GROUP[each.resource.type], [limit.view for limit in limits], "name")
    ]
    return [limit for limit in limits if limit.view in views] or list(limits)


def without_limit(group: Sequence[View[Any]]) -> list[tuple[View[Any], str]]:
    """Return databases of Postgres that leave max_connections to RDS, and where they could say it."""
    return [
        (each, _GROUP[each.resource.type])
        for each in group
        if each.resource.type in _GROUP
        and is_postgres(each)
        and not is_replica(each)
        and is_own(each, _GROUP[each.resource.type])
    ]
