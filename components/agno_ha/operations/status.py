"""How a stack is now: what runs of what is wanted, which version, and whether it answers."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Sequence
from typing import Any

from pydantic import BaseModel, ConfigDict

from agno_ha.operations import health, reach
from agno_ha.operations.errors import OperationError
from agno_ha.operations.workspace import Workspace


class ServiceStatus(BaseModel):
    """One room of the stack."""

    model_config = ConfigDict(frozen=True)

    room: str
    wanted: int
    running: int
    """Started, and healthy by the platform's own check."""
    image: str
    problem: str = ""
    """Why not all run, in the platform's words."""


class Status(BaseModel):
    """A stack as its platform sees it."""

    model_config = ConfigDict(frozen=True)

    stack: str
    target: str
    url: str | None = None
    """Where it answers, as far as this machine can reach it."""
    ready: bool | None = None
    """Whether `/ready` answered 200; None where it can't be asked from here."""
    services: Sequence[ServiceStatus] = ()

    @property
    def well(self) -> bool:
        """Whether all that is wanted runs and answers."""
        return (
            bool(self.services)
            and self.ready is not False
            and all(it.running >= it.wanted and not it.problem for it in self.services)
        )


def of(workspace: Workspace) -> Status:
    """Return how a stack is.

    Raises:
        OperationError: the platform does not answer, or the command that asks it is missing.
    """
    target = str(workspace.values().get("target"))
    if target == "docker":
        return _docker(workspace)
    if target == "kubernetes":
        return Status(stack=workspace.stack, target=target, services=_kubernetes(workspace))
    return _ecs(workspace)


def ready(url: str) -> bool:
    """Return whether an instance answers /ready through the load balancer."""
    try:
        health.ask_ready(url)
    except OSError:
        return False
    return True


def _docker(workspace: Workspace) -> Status:
    from agno_ha.operations import swarm, swarm_services
    from agno_ha.targets import docker

    url = docker.url(reach.read(workspace).topology)
    with swarm.engine() as client:
        if not swarm.is_one(client):
            return Status(stack=workspace.stack, target="docker", url=url)
        services = [
            ServiceStatus(
                room=row.name, wanted=row.wanted, running=row.running, image=row.image, problem=row.problem
            )
            for row in swarm_services.look(client, workspace.namespace)
        ]
        here = swarm_services.here(client, workspace.namespace)
    return Status(
        stack=workspace.stack, target="docker", url=url, ready=ready(url) if here else None, services=services
    )


def _kubernetes(workspace: Workspace) -> list[ServiceStatus]:
    settings = reach.read(workspace).settings
    kubectl = reach.kubectl(settings.namespace or workspace.namespace, settings.context)
    rows = []
    for kind in ("deployments", "statefulsets", "clusters.postgresql.cnpg.io"):
        command = [*kubectl, "get", kind, "--selector", "app.kubernetes.io/part-of=agno-ha", "-o", "json"]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode:
            if "doesn't have a resource type" in done.stderr:
                continue  # no CloudNativePG in this cluster
            raise OperationError(f"The cluster does not answer: {done.stderr.strip()}")
        rows += [kubernetes_row(item) for item in json.loads(done.stdout)["items"]]
    return rows


def _ecs(workspace: Workspace) -> Status:
    from agno_ha.operations.aws import Aws

    aws = Aws(workspace)
    services, own, balancer = list(aws.services()), aws.address(), aws.settings.load_balancer
    if own is None:
        return Status(stack=workspace.stack, target="ecs", services=services)
    url = aws.topology.load_balancer.url(balancer.host or own, secure=not balancer.plain_http)
    # By the load balancer's own name: the DNS of the other is somebody else's.
    answers = None if balancer.internal else ready(health.at(url, own))
    return Status(stack=workspace.stack, target="ecs", url=url, ready=answers, services=services)


def kubernetes_row(item: dict[str, Any]) -> ServiceStatus:
    """Return a workload of Kubernetes, or a Cluster of CloudNativePG, as a row."""
    spec, status = item["spec"], item.get("status", {})
    if item["kind"] == "Cluster":
        return ServiceStatus(
            room=item["metadata"]["name"], wanted=spec["instances"], running=status.get("readyInstances", 0),
            image=spec.get("imageName", ""), problem="" if status.get("readyInstances") == spec["instances"]
            else status.get("phase", "not started"),
        )  # fmt: skip
    wanted, running = spec.get("replicas", 1), status.get("readyReplicas", 0)
    conditions = [
        it["message"] for it in status.get("conditions", []) if it["status"] != "True" and "message" in it
    ]
    return ServiceStatus(
        room=item["metadata"]["name"],
        wanted=wanted,
        running=running,
        image=spec["template"]["spec"]["containers"][0]["image"],
        problem="" if running >= wanted else "; ".join(conditions) or f"{running} of {wanted} ready",
    )
