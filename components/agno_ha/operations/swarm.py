"""The Docker engine as a Swarm: reached, initialised, left again."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing, contextmanager
from typing import Any

import docker
import requests
from docker.errors import APIError, DockerException

from agno_ha.operations.errors import OperationError, Progress
from agno_ha.operations.workspace import Workspace
from agno_ha.targets.docker.context import ImageError
from agno_ha.targets.docker.engine import connect, describe


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


def is_one(client: docker.DockerClient) -> bool:
    """Whether the engine is in a Swarm at all; without one nothing of a stack but its volumes is there."""
    return bool(client.info()["Swarm"]["LocalNodeState"] != "inactive")


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


def leave_swarm(workspace: Workspace, client: docker.DockerClient, progress: Progress) -> None:
    """Leave the Swarm if it was made here and nothing else runs in it."""
    if _mark(workspace).exists() and not client.services.list():
        progress("Leaving the Swarm that was made for this stack")
        client.swarm.leave(force=True)
        _mark(workspace).unlink()


def _mark(workspace: Workspace) -> Any:
    return workspace.private.parent / "swarm.mark"  # no name of a stack, whose directories are beside it
