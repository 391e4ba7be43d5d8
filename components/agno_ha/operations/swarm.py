"""The Docker engine as a Swarm: reached, initialised, watched until services have converged, left again."""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Iterator, Mapping
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import docker
import requests
from docker.errors import APIError, DockerException, NotFound

from agno_ha.operations.errors import OperationError, Progress
from agno_ha.operations.workspace import Workspace
from agno_ha.targets.docker.context import ImageError
from agno_ha.targets.docker.engine import connect, describe
from agno_ha.targets.docker.swarm_names import IMAGE_LABEL, NAMESPACE_LABEL


@contextmanager
def engine() -> Iterator[docker.DockerClient]:
    """Give a client of the engine that the docker command uses; closed at the end of `with`.

    Raises:
        OperationError: none answers; or what the engine said, where the body of `with` leaves that to it.
    """
    try:
        client = connect()
    except ImageError as error:
        raise OperationError(str(error)) from None
    with closing(client):
        try:
            yield client
        except (DockerException, requests.RequestException) as error:
            did, said = "refused" if isinstance(error, APIError) else "did not answer", describe(error)
            raise OperationError(
                f"The Docker engine {did}: {said.rstrip('.')}. Look at `docker info`, then run the same again."
            ) from None


def ensure_swarm(workspace: Workspace, client: docker.DockerClient, progress: Progress) -> None:
    """Make the engine a Swarm of one node where it is none, and remember that we did."""
    state = client.info()["Swarm"]
    if wrong := unfit(state):
        raise OperationError(wrong)
    if state["LocalNodeState"] == "active":
        return
    progress("Making this engine a Swarm of one node (docker swarm init)")
    client.swarm.init(advertise_addr="127.0.0.1", listen_addr="127.0.0.1:2377")
    workspace.keep(_mark(workspace), "made by agno-ha\n")


def unfit(state: Mapping[str, Any]) -> str:
    """Return why an engine is neither a manager of a Swarm nor free to become one, and what to do; empty where it is.

    Args:
        state: the section `Swarm` of what the engine says of itself.
    """
    local = state["LocalNodeState"]
    if local == "locked":
        return "This engine's Swarm is locked. Unlock it with its key: docker swarm unlock"
    if local == "active" and not state.get("ControlAvailable"):
        return "This engine is a Swarm worker. Run this on a manager, or set DOCKER_HOST=ssh://MANAGER."
    if local not in ("active", "inactive"):
        said = f" ({state['Error']})" if state.get("Error") else ""
        return (
            f"This engine is in a Swarm whose state is {local}{said}. Wait until `docker info` says active, or let it "
            "leave: docker swarm leave --force (a Swarm's only manager takes its services and secrets along)"
        )
    return ""


def check_balancers(client: docker.DockerClient, balancers: int) -> None:
    """See that load balancers which publish on the node itself find a node each; a second one would wait for ever."""
    nodes = int(client.info()["Swarm"].get("Nodes", 1))
    if balancers > nodes:
        raise OperationError(
            f"topology.loadBalancer.replicas = {balancers}: with docker.publishMode = host each needs a node of its "
            f"own, and this Swarm has {nodes}. Lower it to {nodes}, add nodes, or use publishMode ingress."
        )


def here(client: docker.DockerClient, namespace: str) -> bool:
    """Return whether 127.0.0.1 leads to the stack's load balancer: a local engine, and nginx where its port is."""
    if urlsplit(client.api.base_url).hostname not in ("localhost", "127.0.0.1", "::1", "localnpipe"):
        return False
    for service in _services(client, namespace):
        ports = service.attrs["Spec"].get("EndpointSpec", {}).get("Ports", [])
        if any(port["PublishMode"] == "host" for port in ports):
            own = client.info()["Swarm"]["NodeID"]
            return any(task.get("NodeID") == own for task in service.tasks({"desired-state": "running"}))
    return True


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


@dataclass(frozen=True)
class Look:
    """One service as it is now."""

    name: str
    """Without the namespace."""
    wanted: int
    running: int
    image: str
    problem: str
    """Why not all run, or why the last update did not hold; empty where all is well."""


def look(client: docker.DockerClient, namespace: str) -> list[Look]:
    """Return every service of a namespace as it is now, by name."""
    rows = []
    for service in sorted(_services(client, namespace), key=lambda it: str(it.name)):
        spec = service.attrs["Spec"]
        wanted = spec["Mode"]["Replicated"]["Replicas"]
        running = _running(service)
        state, done = _state(service)
        well = done and running >= wanted and not _held_not(service)
        rows.append(
            Look(
                name=service.name.removeprefix(f"{namespace}_"),
                wanted=wanted,
                running=running,
                image=spec["Labels"].get(IMAGE_LABEL) or spec["TaskTemplate"]["ContainerSpec"]["Image"],
                problem="" if well else f"{state}: {_reason(service)}",
            )
        )
    return rows


def _running(service: Any, **wanted: bool) -> int:
    return sum(
        task["Status"]["State"] == "running" and task["DesiredState"] == "running"
        for task in service.tasks(wanted)
    )


def _state(service: Any) -> tuple[str, bool]:
    attributes = service.attrs
    update = _update(service).get("State", "")
    if update in ("updating", "rollback_started"):
        return update.replace("_", " "), False
    if update in ("rollback_completed", "rollback_paused", "paused"):
        return update.replace("_", " "), True
    wanted = attributes["Spec"]["Mode"]["Replicated"]["Replicas"]
    # Only tasks of the present specification: after an update is accepted, a moment passes before it is "updating".
    # The docker command waits by the same filter, where the engine itself compares.
    running = _running(service, **{"_up-to-date": True})
    return f"{running} of {wanted} running", running >= wanted


def _reason(service: Any) -> str:
    """Return why the newest tasks ended or do not start, without repeating it."""
    tasks = sorted(service.tasks(), key=lambda task: task["UpdatedAt"], reverse=True)
    ended = [task for task in tasks if task["Status"]["State"] in ("failed", "rejected", "complete")]
    # Err is newer engines' place of the reason, whose Message tells only the stage.
    waiting = [task["Status"] for task in tasks if task["Status"]["State"] == "pending"]
    pending = [status.get("Err") or status["Message"] for status in waiting]
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


def others(client: docker.DockerClient, namespace: str, asked: Mapping[str, str]) -> list[str]:
    """Return each service that has tasks of another image than was asked for, or is not there.

    Args:
        client: the engine.
        namespace: prefix of the services.
        asked: service → image.
    """
    running = {service.name: service for service in _services(client, namespace)}
    found = []
    for name, image in asked.items():
        if name not in running:
            found.append(f"{name} is not there")
            continue
        images = {
            task["Spec"]["ContainerSpec"]["Image"]
            for task in running[name].tasks({"desired-state": "running"})
        }
        if images - {image}:
            found.append(f"{name} runs {', '.join(sorted(images))}, not {image}")
    return found


def standing(client: docker.DockerClient, namespace: str, *, data: bool) -> list[str]:
    """Return a namespace's services, and with `data` Postgres' volume, which only its own passwords open."""
    found = sorted(f"service {service.name}" for service in _services(client, namespace))
    if data:
        wanted = {"label": f"{NAMESPACE_LABEL}={namespace}", "name": f"{namespace}_postgres"}
        found += [f"volume {volume.name}" for volume in client.volumes.list(filters=wanted)]
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


def check_volumes(client: docker.DockerClient, namespace: str, progress: Progress) -> None:
    """See that all data of a namespace is on this engine, before it and the passwords that open it are deleted.

    Raises:
        OperationError: a service with a volume has had tasks on other nodes, whose volumes only these can remove.
    """
    swarm, services = client.info()["Swarm"], _services(client, namespace)
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


def _hostname(client: docker.DockerClient, node: str) -> str:
    try:
        return str(client.nodes.get(node).attrs["Description"]["Hostname"])
    except NotFound:  # it has left for good
        return node


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
