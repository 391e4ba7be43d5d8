"""A stack's services on a Swarm: watched until they have converged, and told why they did not."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

import docker
from docker.errors import APIError

from agno_ha.operations.errors import OperationError, Progress
from agno_ha.targets.docker.swarm_names import IMAGE_LABEL, NAMESPACE_LABEL


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
        for service in services_of(client, namespace):
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
    for service in sorted(services_of(client, namespace), key=lambda it: str(it.name)):
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
        for service in services_of(client, namespace)
        if _held_not(service)
    }
    return Before(datetime.fromisoformat(client.info()["SystemTime"]), failed)


def reasons(client: docker.DockerClient, namespace: str, earlier: Before) -> list[str]:
    """Return what the engine says of each service whose update did not hold or of which tasks failed, one line each."""
    found = []
    for service in services_of(client, namespace):
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
    running = {service.name: service for service in services_of(client, namespace)}
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


def here(client: docker.DockerClient, namespace: str) -> bool:
    """Return whether 127.0.0.1 leads to the stack's load balancer: a local engine, and nginx where its port is."""
    if urlsplit(client.api.base_url).hostname not in ("localhost", "127.0.0.1", "::1", "localnpipe"):
        return False
    for service in services_of(client, namespace):
        ports = service.attrs["Spec"].get("EndpointSpec", {}).get("Ports", [])
        if any(port["PublishMode"] == "host" for port in ports):
            own = client.info()["Swarm"]["NodeID"]
            return any(task.get("NodeID") == own for task in service.tasks({"desired-state": "running"}))
    return True


def services_of(client: docker.DockerClient, namespace: str) -> list[Any]:
    """Return the services of a namespace."""
    return list(client.services.list(filters={"label": f"{NAMESPACE_LABEL}={namespace}"}))


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


def _failed(task: Mapping[str, Any], since: datetime) -> bool:
    status = task["Status"]
    return status["State"] in ("failed", "rejected") and datetime.fromisoformat(status["Timestamp"]) >= since


def _update(service: Any) -> dict[str, Any]:
    return service.attrs.get("UpdateStatus") or {}


def _held_not(service: Any) -> bool:
    return str(_update(service).get("State", "")).startswith(("rollback", "paused"))
