"""A stack's objects on a Swarm: what stands, and its removal, all of it or what no state knows."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection
from datetime import datetime
from functools import partial
from typing import Any

import docker
from docker.errors import APIError, NotFound

from agno_ha.operations.errors import OperationError, Progress
from agno_ha.operations.swarm_services import services_of
from agno_ha.targets.docker.swarm_names import NAMESPACE_LABEL


def standing(client: docker.DockerClient, namespace: str, *, data: bool) -> list[str]:
    """Return a namespace's services, and with `data` Postgres' volume, which only its own passwords open."""
    found = sorted(f"service {service.name}" for service in services_of(client, namespace))
    if data:
        wanted = {"label": f"{NAMESPACE_LABEL}={namespace}", "name": f"{namespace}_postgres"}
        found += [f"volume {volume.name}" for volume in client.volumes.list(filters=wanted)]
    return found


def check_volumes(client: docker.DockerClient, namespace: str, progress: Progress) -> None:
    """See that all data of a namespace is on this engine, before it and the passwords that open it are deleted.

    Raises:
        OperationError: a service with a volume has had tasks on other nodes, whose volumes only these can remove.
    """
    swarm, services = client.info()["Swarm"], services_of(client, namespace)
    elsewhere = dict[str, set[str]]()
    for service in services:
        mounts = service.attrs["Spec"]["TaskTemplate"]["ContainerSpec"].get("Mounts", [])
        if volumes := [mount["Source"] for mount in mounts if mount["Type"] == "volume"]:
            for node in {task.get("NodeID") for task in service.tasks()} - {None, "", swarm["NodeID"]}:
                elsewhere.setdefault(_hostname(client, str(node)), set()).update(volumes)
    if elsewhere:
        where = "; ".join(
            f"docker -H ssh://{node} volume rm {' '.join(sorted(names))}"
            for node, names in sorted(elsewhere.items())
        )
        raise OperationError(
            f"Data of {namespace} is on other nodes, whose volumes this engine can't delete. Nothing was removed. Take "
            f"the stack down without its data (agno-ha down), then: {where}; then this again."
        )
    if not services and swarm.get("Nodes", 1) > 1:
        progress(
            "No service tells any more on which node its data is: only volumes of this engine are deleted. On the "
            f"others: docker -H ssh://NODE volume ls --filter label={NAMESPACE_LABEL}={namespace}"
        )


def remove(client: docker.DockerClient, namespace: str, *, data: bool, progress: Progress) -> None:
    """Remove everything of a namespace from the engine; the volumes only where `data` is given."""
    wanted: dict[str, Any] = {"label": f"{NAMESPACE_LABEL}={namespace}"}
    services = services_of(client, namespace)
    grace = max([_grace(service) for service in services], default=0)
    for service in services:
        progress(f"Stopping {service.name}")
        service.remove()
    # Sparse: one that goes between the list and its inspection would be an error.
    _until_gone(lambda: client.containers.list(all=True, filters=wanted, sparse=True), timeout=grace + 60)
    for kind in (client.secrets, client.configs):
        for thing in kind.list(filters=wanted):
            thing.remove()
    for network in client.networks.list(filters=wanted):
        _patiently(network.remove)
    _until_gone(lambda: client.networks.list(filters=wanted), timeout=60)
    if data:
        for volume in client.volumes.list(filters=wanted):
            progress(f"Deleting the data of {volume.name}")
            _patiently(volume.remove)


def unknown_before(
    client: docker.DockerClient, namespace: str, known: Collection[str], since: datetime | None
) -> list[str]:
    """Return the services, secrets and configs of the namespace that were made before a time, not among `known`.

    Without a time all of them. Networks are left out: they hold nothing, and may tell when they came to this node.
    """
    wanted = {"label": f"{NAMESPACE_LABEL}={namespace}"}
    return [
        f"{kind} {thing.name}"
        for kind in ("service", "secret", "config")
        for thing in getattr(client, f"{kind}s").list(filters=wanted)
        if thing.id not in known
        and (since is None or datetime.fromisoformat(thing.attrs["CreatedAt"]) < since)
    ]


def remove_unknown(
    client: docker.DockerClient, namespace: str, known: Collection[str], progress: Progress
) -> None:
    """Remove what carries the namespace's label and whose id is not among `known`; volumes are only named.

    An interrupted `up` leaves such objects. Their names are taken, so that the next one could not make its own.
    """
    wanted = {"label": f"{NAMESPACE_LABEL}={namespace}"}
    services = [service for service in services_of(client, namespace) if service.id not in known]
    grace = max([_grace(service) for service in services], default=0)
    for service in services:
        progress(f"Removing the service {service.name}, which no state knows")
        _patiently(service.remove)
    for service in services:
        of_service: dict[str, Any] = {
            "label": [*wanted.values(), f"com.docker.swarm.service.id={service.id}"]
        }
        _until_gone(
            partial(client.containers.list, all=True, filters=of_service, sparse=True), timeout=grace + 60
        )
    for kind, things in (
        ("secret", client.secrets.list(filters=wanted)),
        ("config", client.configs.list(filters=wanted)),
        ("network", client.networks.list(filters=wanted)),
    ):
        for thing in things:
            if thing.id not in known:
                progress(f"Removing the {kind} {thing.name}, which no state knows")
                _patiently(thing.remove)
    for volume in client.volumes.list(filters=wanted):
        if volume.name not in known:
            progress(f"The volume {volume.name} is in no state; it stays, and the next up takes it over")


def _hostname(client: docker.DockerClient, node: str) -> str:
    try:
        return str(client.nodes.get(node).attrs["Description"]["Hostname"])
    except NotFound:  # it has left for good
        return node


def _grace(service: Any) -> float:
    container = service.attrs["Spec"]["TaskTemplate"]["ContainerSpec"]
    return float(container.get("StopGracePeriod", 10e9)) / 1e9


def _until_gone(list_them: Callable[[], list[Any]], *, timeout: float) -> None:
    deadline = time.monotonic() + timeout
    while list_them():
        if time.monotonic() > deadline:
            raise OperationError(f"Still there after {timeout:g} s: {', '.join(str(o) for o in list_them())}")
        time.sleep(0.5)


def _patiently(action: Callable[[], object], attempts: int = 60) -> None:
    # An endpoint or a mount is released some moments after its container is gone.
    for attempt in range(attempts):
        try:
            action()
        except APIError as error:
            if error.status_code == 404:
                return
            if attempt == attempts - 1:
                raise
            time.sleep(1)
        else:
            return
