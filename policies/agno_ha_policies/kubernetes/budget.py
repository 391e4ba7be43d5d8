"""Connections that pods may open at most, and the numbers of PgBouncer's configuration."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from agno_ha_policies.docker.files import DATA, entry
from agno_ha_policies.docker.pools import pool
from agno_ha_policies.docker.workload import REPLICAS
from agno_ha_policies.kubernetes.kinds import CLUSTER, DAEMON_SET
from agno_ha_policies.kubernetes.pods import autoscalers, bounds
from agno_ha_policies.view import View


def peak(view: View[Any], group: Sequence[View[Any]]) -> float | None:
    """Return the connections of all pods of a workload in a roll; None, and said, where it can't be told.

    As many as the autoscaler may make; twice, because old pods keep their connections while they drain, and
    `maxSurge` does not count them.
    """
    if view.resource.type == DAEMON_SET:
        view.unreadable("spec", "the number of nodes is not known")
        return None
    owners = autoscalers(view, group)
    counts = [bounds(owner)[1] for owner in owners] or [view.number(REPLICAS, 1)]
    each, order = pool(view).connections, view.text("updateConfig.order", "stop-first")
    if None in counts or each is None or order is None:
        return None
    steady = each * max(count for count in counts if count is not None)
    return steady * (2 if order == "start-first" and view.resource.type != CLUSTER else 1)


def number(config: View[Any], text: str, name: str, default: float | None) -> float | None:
    """Return a whole number of PgBouncer's configuration; None, and said, where it is none."""
    given = entry(text, name)
    if given is None or given.isdecimal():
        return default if given is None else float(given)
    config.unreadable(DATA, f"{name} is not a whole number")
    return None
