"""The Docker engine as a Swarm: reached, initialised, watched until services have converged, left again."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any

import docker
from docker.errors import APIError, DockerException

from agno_ha.operations.workspace import Workspace
from agno_ha.targets.docker.swarm_names import NAMESPACE_LABEL

Progress = Callable[[str], None]


class OperationError(Exception):
    """Something a person can mend; the text says what and how."""


@contextmanager
def engine() -> Iterator[docker.DockerClient]:
    """Give a client of the engine that DOCKER_HOST or the default socket names; closed at the end of `with`."""
    try:
        client = docker.from_env(timeout=120)
        client.ping()
    except DockerException as error:
        raise OperationError(
            "No Docker engine answers. Install one (Debian: apt-get install docker.io) and start it, "
            f"or point DOCKER_HOST at one. It said: {_last(error)}"
        ) from None
    with closing(client):
        yield client


def ensure_swarm(workspace: Workspace, client: docker.DockerClient, progress: Progress) -> None:
    """Make the engine a Swarm of one node where it is none, and remember that we did."""
    state = client.info()["Swarm"]
    if state["LocalNodeState"] == "active":
        if not state.get("ControlAvailable"):
            raise OperationError(
                "This engine is a Swarm worker. Run this on a manager, or point DOCKER_HOST at one."
            )
        return
    progress("Making this engine a Swarm of one node (docker swarm init)")
    client.swarm.init(advertise_addr="127.0.0.1", listen_addr="127.0.0.1:2377")
    workspace.keep(_mark(workspace), "made by agno-ha\n")


def check_balancers(client: docker.DockerClient, balancers: int) -> None:
    """See that load balancers which publish on the node itself find a node each; a second one would wait for ever."""
    nodes = int(client.info()["Swarm"].get("Nodes", 1))
    if balancers > nodes:
        raise OperationError(
            f"topology.loadBalancer.replicas = {balancers}: with docker.publishMode = host each needs a node of its "
            f"own, and this Swarm has {nodes}. Lower it to {nodes}, add nodes, or use publishMode ingress."
        )


def leave_swarm(workspace: Workspace, client: docker.DockerClient, progress: Progress) -> None:
    """Leave the Swarm if it was made here and nothing else runs in it."""
    if _mark(workspace).exists() and not client.services.list():
        progress("Leaving the Swarm that was made for this stack")
        client.swarm.leave(force=True)
        _mark(workspace).unlink()


def wait_converged(
    client: docker.DockerClient,
    namespace: str,
    *,
    timeout: float,
    progress: Progress,
    earlier: Before | None = None,
) -> None:
    """Wait until every service of the namespace runs all its tasks on its present specification.

    Args:
        client: the engine.
        namespace: prefix of the services.
        timeout: seconds.
        progress: told of each change.
        earlier: what `before` said; what did not hold already then is no news.

    Raises:
        OperationError: an update was rolled back or paused, or the time is over; with the tasks' own reason.
    """
    deadline = time.monotonic() + timeout
    said: dict[str, str] = {}
    while True:
        waiting = []
        for service in _services(client, namespace):
            state, done = _state(service)
            if said.get(service.name) != state:
                progress(f"{service.name.removeprefix(namespace + '_')}: {state}")
                said[service.name] = state
            if done and _held_not(service) and not (earlier and earlier.knows(service)):
                raise OperationError(f"{service.name} was not updated ({state}): {_reason(service)}")
            if not done:
                waiting.append(service)
        if not waiting:
            return
        if time.monotonic() > deadline:
            reasons = "; ".join(f"{service.name}: {_reason(service)}" for service in waiting)
            raise OperationError(f"Not all services came up within {timeout:g} s. {reasons}")
        time.sleep(0.5)


def _state(service: Any) -> tuple[str, bool]:
    attributes = service.attrs
    update = _update(service).get("State", "")
    if update in ("updating", "rollback_started"):
        return update.replace("_", " "), False
    if update in ("rollback_completed", "rollback_paused", "paused"):
        return update.replace("_", " "), True
    wanted = attributes["Spec"]["Mode"]["Replicated"]["Replicas"]
    running = sum(
        task["Status"]["State"] == "running" and task["DesiredState"] == "running" for task in service.tasks()
    )
    return f"{running} of {wanted} running", running >= wanted


def _reason(service: Any) -> str:
    """Return why the newest tasks ended or do not start, without repeating it."""
    tasks = sorted(service.tasks(), key=lambda task: task["UpdatedAt"], reverse=True)
    ended = [task for task in tasks if task["Status"]["State"] in ("failed", "rejected", "complete")]
    pending = [task["Status"]["Message"] for task in tasks if task["Status"]["State"] == "pending"]
    reasons = dict.fromkeys([*(_end(service.client, task["Status"]) for task in ended[:5]), *pending])
    return "; ".join([*reasons, f"see: docker service logs {service.name}"])


def _end(client: docker.DockerClient, status: dict[str, Any]) -> str:
    """Return why a task ended: its health check's words, or the engine's, or its exit code."""
    container = status.get("ContainerStatus") or {}
    try:
        state = client.containers.get(container.get("ContainerID", "")).attrs["State"]
    except (APIError, ValueError):  # on another node, or gone
        state = {}
    health = state.get("Health") or {}
    if health.get("Status") == "unhealthy":
        said = " ".join(health["Log"][-1]["Output"].split())[:200] if health.get("Log") else ""
        return f"unhealthy: its health check failed {health['FailingStreak']} times" + (said and f" ({said})")
    return status.get("Err") or f"it ended with exit code {container.get('ExitCode', 0)}"


@dataclass(frozen=True)
class Before:
    """What is no news of an update: the engine's time before it, and what did not hold already then."""

    time: datetime
    not_held: Mapping[str, str]
    """Service id → when the update began that did not hold."""

    def knows(self, service: Any) -> bool:
        """Return whether the service's last update had failed already."""
        return self.not_held.get(str(service.id)) == _update(service).get("StartedAt")


def before(client: docker.DockerClient, namespace: str) -> Before:
    """Return what the engine says before an update."""
    failed = {
        str(service.id): _update(service)["StartedAt"]
        for service in _services(client, namespace)
        if _held_not(service)
    }
    return Before(datetime.fromisoformat(client.info()["SystemTime"]), failed)


def reasons(client: docker.DockerClient, namespace: str, earlier: Before) -> list[str]:
    """Return what the engine says of each service whose update did not hold or of which tasks failed, one line each."""
    found = []
    for service in _services(client, namespace):
        news = _held_not(service) and not earlier.knows(service)
        if news or any(_failed(task, earlier.time) for task in service.tasks()):
            kept = " runs what it ran before" if news else ""
            found.append(f"{service.name}{kept} ({_state(service)[0]}): {_reason(service)}")
    return found


def _services(client: docker.DockerClient, namespace: str) -> list[Any]:
    return list(client.services.list(filters={"label": f"{NAMESPACE_LABEL}={namespace}"}))


def _failed(task: Mapping[str, Any], since: datetime) -> bool:
    status = task["Status"]
    return status["State"] in ("failed", "rejected") and datetime.fromisoformat(status["Timestamp"]) >= since


def _update(service: Any) -> dict[str, Any]:
    return service.attrs.get("UpdateStatus") or {}


def _held_not(service: Any) -> bool:
    return str(_update(service).get("State", "")).startswith(("rollback", "paused"))


def remove(client: docker.DockerClient, namespace: str, *, data: bool, progress: Progress) -> None:
    """Remove everything of a namespace from the engine; the volumes only where `data` is given."""
    wanted: dict[str, Any] = {"label": f"{NAMESPACE_LABEL}={namespace}"}
    services = client.services.list(filters=wanted)
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


def remove_unknown(
    client: docker.DockerClient, namespace: str, known: Collection[str], progress: Progress
) -> None:
    """Remove what carries the namespace's label and whose id is not among `known`; volumes are only named.

    An interrupted `up` leaves such objects. Their names are taken, so that the next one could not make its own.
    """
    wanted = {"label": f"{NAMESPACE_LABEL}={namespace}"}
    services = [service for service in client.services.list(filters=wanted) if service.id not in known]
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


def _mark(workspace: Workspace) -> Any:
    return workspace.private.parent / "swarm.mark"  # no name of a stack, whose directories are beside it


def _last(error: Exception) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[-1]
