"""Which server a client means: the one that its host names; without a host, the one that it is put together with."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from agno_ha_policies.docker.workload import ENV
from agno_ha_policies.kubernetes.kinds import CLUSTER, SERVICE
from agno_ha_policies.model import UNKNOWN, B
from agno_ha_policies.view import View, beside

POSTGRES = ("POSTGRES_HOST", "DB_HOST", "PGHOST")
"""Variables that hold the host, the first that is there."""
REDIS = ("REDIS_HOST",)


def server_of(
    user: View[Any], servers: Sequence[View[B]], group: Sequence[View[Any]], names: Sequence[str]
) -> View[B] | None:
    """Return the server that an environment means; None for another one, and, said, where it can't be told.

    Args:
        user: who has the environment.
        servers: those that may be meant.
        group: everything that belongs together, Kubernetes' Services included.
        names: of the variables.
    """
    path = variable(user, names)
    host = user.known(path, "")
    found = meant(user, host, servers, group)
    if len(found) > 1:
        user.unreadable(path, "is not known yet" if host is UNKNOWN else "does not tell which server is used")
    return found[0] if len(found) == 1 else None


def variable(user: View[Any], names: Sequence[str]) -> str:
    """Return the path of the variable that holds the host: the first that is there, else the usual one."""
    environment = user.mapping(ENV) or {}
    return f"{ENV}.{next((name for name in names if name in environment), names[0])}"


def meant(
    user: View[Any], host: Any, servers: Sequence[View[B]], group: Sequence[View[Any]]
) -> list[View[B]]:
    """Return the servers that a host may mean: all where it is empty or not known, else those of that name."""
    found = list(servers)
    if isinstance(host, str) and host:
        hosts = [each.strip().partition(":")[0].rstrip(".") for each in host.lower().split(",")]
        found = [server for server in servers if any(_is(server, each, user, group) for each in hosts)]
    return beside(user, found)


def same_namespace(view: View[Any], other: View[Any]) -> bool:
    """Whether two objects are in one namespace; one that is not known is said, and taken for the same."""
    first, second = namespace(view), namespace(other)
    if first == second:
        return True
    for each in (view, other):
        each.value("metadata.namespace", "")
    return UNKNOWN in (first, second)


def namespace(view: View[Any]) -> Any:
    """Return an object's namespace, `UNKNOWN` included."""
    return view.known("metadata.namespace", "default")


def _is(server: View[Any], host: str, user: View[Any], group: Sequence[View[Any]]) -> bool:
    if not server.resource.type.startswith("kubernetes:"):
        return host.removeprefix("tasks.") in _names(server)
    services = [
        each for each in group if each.resource.type == SERVICE and _asks(host, _names(each), each, user)
    ]
    return _asks(host, _names(server), server, user) or any(_selects(each, server) for each in services)


def _names(view: View[Any]) -> set[str]:
    """Return what a server, or a Service, is called in its network.

    A name that is not known yet is left out: a host that is known can't come from it.
    """
    at = "metadata.name" if view.resource.type.startswith("kubernetes:") else "name"
    names = [view.known(at, view.name), view.known("spec.serviceName", "")]
    for index, _ in enumerate(view.items("taskSpec.networksAdvanceds") or []):
        names += view.items(f"taskSpec.networksAdvanceds.{index}.aliases") or []
    return {name.lower() for name in names if isinstance(name, str) and name}


def _asks(host: str, names: set[str], view: View[Any], user: View[Any]) -> bool:
    """Whether a host of a cluster, `name`, `name.namespace` or a pod's below it, has one of these names."""
    parts = re.sub(r"\.svc(\..*)?$", "", host).split(".")
    if len(parts) > 1 and any(re.fullmatch(rf"{re.escape(name)}-\d+", parts[0]) for name in names):
        parts = parts[1:]
    if parts[0] not in names or len(parts) > 2:
        return False
    return same_namespace(user, view) if len(parts) == 1 else namespace(view) in (parts[1], UNKNOWN)


def _selects(service: View[Any], server: View[Any]) -> bool:
    """Whether a Service leads to the pods of a server."""
    labels = server.known("spec.template.metadata.labels", {})
    if server.resource.type == CLUSTER:
        labels = {"cnpg.io/cluster": server.known("metadata.name", server.name)}
    selector = service.mapping("spec.selector")
    if not selector or not isinstance(labels, Mapping) or not same_namespace(service, server):
        return False
    return all(labels.get(key) == value for key, value in selector.items())
