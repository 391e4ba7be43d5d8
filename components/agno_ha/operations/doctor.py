"""What a stack needs on this machine and where it goes: looked for, and said how to get it. Changes nothing."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
from collections.abc import Callable, Iterator
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from agno_ha.operations import reach
from agno_ha.operations.errors import OperationError
from agno_ha.operations.workspace import Workspace
from agno_ha.stack import Stack

_PLUGINS = {"docker": ("docker", "random"), "kubernetes": ("kubernetes", "random"), "ecs": ("aws", "random")}
_ROOM = 5 * 1024**3
"""Bytes of disk that images and their build take."""


class Finding(BaseModel):
    """One thing that was looked for."""

    model_config = ConfigDict(frozen=True)

    what: str
    ok: bool
    needed: bool = True
    """Whether the stack can't be brought up without it."""
    says: str
    """What was found, or how to get it."""


def examine(workspace: Workspace) -> list[Finding]:
    """Return everything that a stack needs, what is there and what is missing."""
    stack = reach.read(workspace)
    rooms: dict[str, Callable[[Workspace, Stack], Iterator[Finding]]] = {
        "docker": _docker, "kubernetes": _kubernetes, "ecs": _ecs
    }  # fmt: skip
    return [*_pulumi(workspace, stack.target), *rooms[stack.target](workspace, stack)]


def _pulumi(workspace: Workspace, target: str) -> Iterator[Finding]:
    alone = target != "docker"
    local = workspace.root / ".agno-ha" / "pulumi" / "bin"
    path = f"{os.environ.get('PATH', '')}:{local}"
    cli = shutil.which("pulumi", path=path)
    instead = (
        "" if alone else " Without it, Docker is brought up by docker stack deploy (docs/without-pulumi.md)."
    )
    yield Finding(
        what="Pulumi CLI", ok=cli is not None, needed=alone,
        says=cli or f"Install it: https://www.pulumi.com/docs/install.{instead}",
    )  # fmt: skip
    if cli is not None:
        done = subprocess.run([cli, "plugin", "ls", "--json"], capture_output=True, text=True, check=False)
        for name in _PLUGINS[target]:
            there = shutil.which(f"pulumi-resource-{name}") is not None or f'"name": "{name}"' in done.stdout
            yield Finding(
                what=f"plugin {name}", ok=there, needed=False,
                says="found" if there else f"Pulumi downloads it; offline: pulumi plugin install resource {name}",
            )  # fmt: skip
    yield from _state(workspace)


def _state(workspace: Workspace) -> Iterator[Finding]:
    keep = workspace.root / ".agno-ha"
    backend = os.environ.get("PULUMI_BACKEND_URL")
    if not backend and os.environ.get("PULUMI_ACCESS_TOKEN"):
        backend = "Pulumi Cloud"
    lost = "Without the state Pulumi knows nothing of what runs, and the generated passwords are gone: back it up."
    yield Finding(what="state", ok=True, needed=False, says=f"in {backend or keep / 'state'}. {lost}")
    if backend == "Pulumi Cloud":
        return
    given = os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE") or os.environ.get("PULUMI_CONFIG_PASSPHRASE")
    file = Path(os.environ.get("PULUMI_CONFIG_PASSPHRASE_FILE") or keep / "passphrase")
    lost = "Without it nobody opens the state's secrets: keep a copy elsewhere."
    if os.environ.get("PULUMI_CONFIG_PASSPHRASE"):
        yield Finding(what="passphrase", ok=True, says=f"in PULUMI_CONFIG_PASSPHRASE. {lost}")
    elif given or file.exists():
        yield Finding(
            what="passphrase", ok=os.access(file, os.R_OK),
            says=f"in {file}. {lost}" if os.access(file, os.R_OK) else f"{file} cannot be read. Put it back.",
        )  # fmt: skip
    elif backend:
        yield Finding(
            what="passphrase", ok=False,
            says="Set PULUMI_CONFIG_PASSPHRASE_FILE to a file with the one that the stack was made with.",
        )  # fmt: skip
    else:
        yield Finding(what="passphrase", ok=True, says=f"made in {file} at the first up. {lost}")


def _docker(workspace: Workspace, stack: Stack) -> Iterator[Finding]:
    command = shutil.which("docker")
    yield Finding(what="docker command", ok=command is not None, says=command or "apt-get install docker.io")
    from agno_ha.operations import swarm, swarm_services

    try:
        with swarm.engine() as client:
            info = client.info()
            yield Finding(what="Docker engine", ok=True, says=f"version {info['ServerVersion']}")
            state = info["Swarm"]
            wrong = swarm.unfit(state)
            manager = not wrong and state["LocalNodeState"] == "active"
            says = "a manager" if manager else "none yet; up makes one of one node (docker swarm init)"
            yield Finding(what="Swarm", ok=manager, needed=bool(wrong), says=wrong or says)
            mine = (
                {row.name for row in swarm_services.look(client, workspace.namespace)} if manager else set()
            )
            disk = Path(info["DockerRootDir"])
    except OperationError as error:
        yield Finding(what="Docker engine", ok=False, says=str(error))
        mine, disk = set(), Path("/")
    balancer = stack.topology.load_balancer
    if "nginx" not in mine:
        ports = {balancer.http_port} | ({balancer.https_port} if balancer.tls.mode != "off" else set())
        for port in sorted(ports):
            yield _port(port)
    free = shutil.disk_usage(disk if disk.exists() else "/").free
    more = "" if free > _ROOM else "; images need about 5. Make room: docker system prune"
    yield Finding(
        what="disk", ok=free > _ROOM, needed=False, says=f"{free / 1024**3:.0f} GiB free{more}"
    )  # fmt: skip
    base = shutil.which("mmdebstrap")
    yield Finding(
        what="mmdebstrap", ok=base is not None, needed=False,
        says=base or "only where no image registry answers: apt-get install mmdebstrap (as root, up does it)",
    )  # fmt: skip


def _port(port: int) -> Finding:
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listener.bind(("0.0.0.0", port))  # noqa: S104 - what nginx will do
        except PermissionError:
            return Finding(what=f"port {port}", ok=True, needed=False, says="the engine's to open")
        except OSError:
            fix = "Somebody listens there: stop them, or set topology.loadBalancer.httpPort (httpsPort)."
            return Finding(what=f"port {port}", ok=False, says=fix)
    return Finding(what=f"port {port}", ok=True, says="free")


def _kubernetes(workspace: Workspace, stack: Stack) -> Iterator[Finding]:
    settings = stack.settings
    try:
        command = reach.kubectl(settings.namespace or workspace.namespace, settings.context)
    except OperationError as error:
        yield Finding(what="kubectl", ok=False, needed=False, says=str(error))
    else:
        yield Finding(what="kubectl", ok=True, needed=False, says=command[0])
    from agno_ha.configuration import ConfigurationError
    from agno_ha.targets.kubernetes import requirements

    try:
        version = requirements.ask(stack.topology, settings)
    except ConfigurationError as error:
        for problem in error.problems:
            yield Finding(what=f"cluster: {problem.path}", ok=False, says=f"{problem.message}. {problem.fix}")
    else:
        known = "KUBECONFIG, or ~/.kube/config, and agno-ha:kubernetes.context"
        yield Finding(
            what="cluster", ok=version is not None, says=version or f"It does not answer. Look at {known}."
        )


def _ecs(workspace: Workspace, stack: Stack) -> Iterator[Finding]:
    del workspace
    if shutil.which("aws") is None:
        says = "Not needed by Pulumi, but it tells whether the credentials work: https://aws.amazon.com/cli"
        yield Finding(what="aws command", ok=False, needed=False, says=says)
        named = bool(os.environ.get("AWS_ACCESS_KEY_ID") or os.environ.get("AWS_PROFILE"))
        there = named or (Path.home() / ".aws").is_dir()
        fix = "Set AWS_PROFILE, or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY."
        yield Finding(what="AWS credentials", ok=there, says="found, not tried" if there else fix)
        return
    asked = [
        "aws",
        "sts",
        "get-caller-identity",
        "--query",
        "Arn",
        "--output",
        "text",
        "--region",
        stack.settings.region,
    ]
    done = subprocess.run(asked, capture_output=True, text=True, check=False, timeout=60)
    yield Finding(
        what="AWS credentials", ok=done.returncode == 0,
        says=done.stdout.strip() or f"{done.stderr.strip()} Set AWS_PROFILE, or log in: aws sso login",
    )  # fmt: skip
