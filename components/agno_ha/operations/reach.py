"""A way into a stack's containers: `docker exec` or `kubectl exec`, with their streams; on ECS their logs alone."""

from __future__ import annotations

import json
import shutil
import subprocess
from typing import IO, Any, Protocol

from agno_ha import stack as configuration
from agno_ha.operations.errors import OperationError
from agno_ha.operations.workspace import Workspace


class Reach(Protocol):
    """Commands on this machine that run a program in one of the stack's containers, or show what it logs."""

    def inside(self, room: str, *program: str, terminal: bool = False) -> list[str]:
        """Return the command that runs a program in a room's container, its standard streams connected.

        Args:
            room: `web`, `postgres`, `redis`, ...; of several containers any one that runs.
            program: the program and its arguments.
            terminal: whether a person sits at it.

        Raises:
            OperationError: none runs, or not within reach of this machine.
        """

    def logs(self, room: str, *, follow: bool, tail: int) -> list[str]:
        """Return the command that shows what a room's containers log, the last `tail` lines of each."""

    def restart(self, room: str) -> None:
        """Replace a room's containers one after the other, as an update does, and wait for it."""


def of(workspace: Workspace) -> Reach:
    """Return the way into a stack's containers; on ECS only their logs are reached."""
    target = workspace.values().get("target")
    if target == "docker":
        return _Docker(workspace.namespace)
    if target == "kubernetes":
        settings = read(workspace).settings
        return _Kubernetes(settings.namespace or workspace.namespace, settings.context)
    from agno_ha.operations.aws import Aws

    return Aws(workspace)


def read(workspace: Workspace) -> configuration.Stack:
    """Return a stack's configuration, checked."""
    source = f"Pulumi.{workspace.stack}.yaml"
    return configuration.read(
        workspace.root / "topology.yaml", workspace.values(), source=source, namespace=workspace.namespace
    )


def run(reach: Reach, room: str, *program: str, feed: str | None = None) -> str:
    """Run a program in a container and return what it printed; `feed` is its standard input.

    Raises:
        OperationError: it failed; with its own words.
    """
    command = reach.inside(room, *program)
    done = subprocess.run(command, input=feed or "", capture_output=True, text=True, check=False)
    if done.returncode:
        raise OperationError(f"{program[0]} in {room} failed: {done.stderr.strip() or done.stdout.strip()}")
    return done.stdout


def stream(
    reach: Reach,
    room: str,
    *program: str,
    source: IO[bytes] | None = None,
    feed: str = "",
    sink: IO[bytes] | None = None,
) -> str:
    """Run a program in a container between files of this machine, whatever their size; return its standard error.

    Args:
        reach: the way in.
        room: the container's.
        program: the program and its arguments.
        source: its standard input; without, `feed` is.
        feed: the same as text.
        sink: its standard output; without, what it prints is dropped.

    Raises:
        OperationError: it failed; with its own words.
    """
    given: dict[str, Any] = {"stdin": source} if source else {"input": feed.encode()}
    done = subprocess.run(
        reach.inside(room, *program),
        stdout=sink or subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        check=False,
        **given,
    )
    said: str = done.stderr.decode(errors="replace").strip()
    if done.returncode:
        raise OperationError(f"{program[0]} in {room} failed (exit code {done.returncode}): {said}")
    return said


def app_secret(reach: Reach, name: str) -> str:
    """Return a secret as a running instance has it: what is deployed, whatever a state says."""
    return run(reach, "web", "cat", f"/run/secrets/{name}")


class _Docker:
    def __init__(self, namespace: str) -> None:
        self._namespace = namespace
        self._docker = tool("docker", "Debian: apt-get install docker.io")

    def inside(self, room: str, *program: str, terminal: bool = False) -> list[str]:
        from agno_ha.operations import swarm

        with swarm.engine() as client:
            name = f"{self._namespace}_{room}"
            wanted: dict[str, Any] = {"label": f"com.docker.swarm.service.name={name}", "status": "running"}
            found = client.containers.list(filters=wanted, ignore_removed=True)
            if not found:
                raise OperationError(
                    f"No container of {name} runs on this node. Bring the stack up; where the node is another one "
                    f"(docker service ps {name}), go there or set DOCKER_HOST=ssh://NODE."
                )
            identity = str(found[0].id)
        return [self._docker, "exec", "-it" if terminal else "-i", identity, *program]

    def logs(self, room: str, *, follow: bool, tail: int) -> list[str]:
        options = ["--follow"] if follow else []
        return [
            self._docker,
            "service",
            "logs",
            "--raw",
            "--tail",
            str(tail),
            *options,
            f"{self._namespace}_{room}",
        ]

    def restart(self, room: str) -> None:
        # It waits until all tasks are replaced, and fails where they were rolled back.
        command = [self._docker, "service", "update", "--force", "--quiet", f"{self._namespace}_{room}"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            raise OperationError(f"{command[-1]} was not restarted: {done.stderr.strip()}")


class _Kubernetes:
    def __init__(self, namespace: str, context: str | None) -> None:
        self._kubectl = kubectl(namespace, context)
        self._namespace = namespace

    def inside(self, room: str, *program: str, terminal: bool = False) -> list[str]:
        pod, container = self._pod(room)
        return [
            *self._kubectl, "exec", "-it" if terminal else "-i", pod, "--container", container, "--", *program
        ]  # fmt: skip

    def logs(self, room: str, *, follow: bool, tail: int) -> list[str]:
        options = ["--follow", "--max-log-requests", "100"] if follow else []
        return [
            *self._kubectl, "logs", "--selector", _chosen(room), "--tail", str(tail), "--prefix",
            "--all-containers", *options,
        ]  # fmt: skip

    def restart(self, room: str) -> None:
        for command in (["rollout", "restart"], ["rollout", "status", "--timeout", "900s"]):
            self._ask(*command, f"deployment/{room}")

    def _pod(self, room: str) -> tuple[str, str]:
        """Return a running pod of a room and its main container; of an operator's Postgres the primary.

        One that is ready where there is one: while a restore keeps the app out of Postgres, no instance is.
        """
        pods = json.loads(self._ask("get", "pods", "--selector", _chosen(room), "--output", "json"))["items"]
        running = sorted(filter(_running, pods), key=_ready, reverse=True)
        if not running:
            raise OperationError(f"No pod of {room} runs in namespace {self._namespace}. Bring the stack up.")
        primaries = [
            pod
            for pod in running
            if pod["metadata"]["labels"].get("cnpg.io/instanceRole", "primary") == "primary"
        ]
        pod = (primaries or running)[0]
        return pod["metadata"]["name"], pod["spec"]["containers"][0]["name"]

    def _ask(self, *arguments: str) -> str:
        done = subprocess.run([*self._kubectl, *arguments], capture_output=True, text=True, check=False)
        if done.returncode:
            raise OperationError(f"kubectl {' '.join(arguments[:2])} failed: {done.stderr.strip()}")
        return done.stdout


def kubectl(namespace: str, context: str | None) -> list[str]:
    """Return the beginning of a kubectl command in a stack's namespace.

    Raises:
        OperationError: kubectl is missing.
    """
    chosen = ["--context", context] if context else []
    return [tool("kubectl", "https://kubernetes.io/docs/tasks/tools"), *chosen, "--namespace", namespace]


def tool(name: str, where: str) -> str:
    """Return a command's path; `where` says how to get it.

    Raises:
        OperationError: it is missing.
    """
    found = shutil.which(name)
    if found is None:
        raise OperationError(f"The command {name} is missing. Install it ({where}).")
    return found


def _chosen(room: str) -> str:
    from agno_ha.targets.kubernetes.names import selector

    return ",".join(f"{key}={value}" for key, value in selector(room).items())


def _running(pod: dict[str, Any]) -> bool:
    main = pod["spec"]["containers"][0]["name"]
    states = pod["status"].get("containerStatuses", [])
    started = any(it["name"] == main and "running" in it["state"] for it in states)
    return started and "deletionTimestamp" not in pod["metadata"]


def _ready(pod: dict[str, Any]) -> bool:
    conditions = pod["status"].get("conditions", [])
    return any(it["type"] == "Ready" and it["status"] == "True" for it in conditions)
