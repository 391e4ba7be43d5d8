"""What is told of a stack at a glance: target, instances, capacity, health, outputs, the last operation."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal

from agno_ha import capacity, targets
from agno_ha import stack as stacks
from agno_ha.configuration import ConfigurationError
from agno_ha.operations.model import Event, Kind, Operation, OperationsApi, Outputs, State, Step
from agno_ha.operations.status import Status
from agno_ha.operations.workspace import Workspace
from pydantic import BaseModel

from agno_ha_portal.looks import Looks

Health = Literal["healthy", "unhealthy", "absent", "unknown"]


class Capacity(BaseModel):
    """Connections to Postgres: what may be opened, against what there is."""

    at_min: int
    at_max: int
    with_surge: int
    """At max, while all instances are replaced."""
    usable: int
    maximum: int
    fits: bool
    pooled: bool
    """Whether a pooler stands between, and these are its own connections."""


class Instances(BaseModel):
    """How many instances are asked for, and how many run."""

    min: int
    max: int
    surge: int
    running: int | None = None
    """None where it is not known: nothing is deployed, or the platform does not tell this machine."""


class StackSummary(BaseModel):
    """A stack at a glance."""

    name: str
    target: str
    environment: str
    health: Health
    """Whether all that is wanted runs and answers; unknown where the platform does not tell this machine."""
    down: tuple[str, ...]
    """What does not run, and why."""
    url: str | None
    instances: Instances | None
    capacity: Capacity | None
    problem: str | None
    """What is wrong with its configuration."""
    last: Operation | None


class Overview:
    """Looks at stacks."""

    def __init__(self, root: Path, operations: OperationsApi, looks: Looks) -> None:
        self._root = root
        self._operations = operations
        self._looks = looks

    def summary(self, stack: str) -> StackSummary:
        """Return a stack at a glance."""
        values: Mapping[str, Any] = {}
        problem = None
        instances, capacity = None, None
        try:
            values = Workspace(self._root, stack).values()
            instances, capacity = _size(self._root, stack, values)
        except ConfigurationError as error:
            problem = str(error)
        status = self._looks.at(stack)
        rooms = status.services if status else ()
        web = next((room.running for room in rooms if room.room.endswith("web")), None)
        url = self.outputs(stack).get("url")
        return StackSummary(
            name=stack,
            target=str(values.get("target", "unknown")),
            environment=str(values.get("environment", "prod")),
            health=_health(status),
            down=tuple(f"{room.room}: {room.problem}" for room in rooms if room.problem),
            url=url if isinstance(url, str) else None,
            instances=instances.model_copy(update={"running": web}) if instances else None,
            capacity=capacity,
            problem=problem,
            last=next(iter(self._operations.history(stack, limit=1)), None),
        )

    def outputs(self, stack: str) -> Mapping[str, Any]:
        """Return the outputs of the last up, secrets masked by the operations; empty while nothing is deployed."""
        for operation in self._operations.history(stack, limit=100):
            if operation.kind in (Kind.DESTROY, Kind.DOWN) and operation.state is State.SUCCEEDED:
                return {}
            if operation.kind is Kind.UP and operation.state is State.SUCCEEDED:
                bodies = (event.body for event in self._operations.events(operation.id))
                return next((body.values for body in bodies if isinstance(body, Outputs)), {})
        return {}

    def drift(self, stack: str) -> tuple[Operation, list[Step]] | None:
        """Return the last look for drift that succeeded, and what differed; None without one since the last change."""
        for operation in self._operations.history(stack, limit=100):
            if operation.kind is not Kind.PREVIEW and operation.kind is not Kind.DRIFT:
                return None
            if operation.kind is Kind.DRIFT and operation.state is State.SUCCEEDED:
                return operation, steps(self._operations.events(operation.id))
        return None


def steps(events: Any) -> list[Step]:
    """Return the last word on each resource that is not as it was."""
    last: dict[str, Step] = {}
    for event in events:
        body = event.body if isinstance(event, Event) else None
        if isinstance(body, Step) and body.op not in ("same", "read"):
            last[body.urn] = body
    return list(last.values())


def _health(status: Status | None) -> Health:
    if status is None:
        return "unknown"
    if not status.services:
        return "absent"
    return "healthy" if status.well else "unhealthy"


def _size(root: Path, stack: str, values: Mapping[str, Any]) -> tuple[Instances | None, Capacity | None]:
    made = stacks.read(root / "topology.yaml", values, source=f"Pulumi.{stack}.yaml")
    target = targets.choose(made.target)
    if target is None:
        return None, None
    topology = made.topology
    scaling, pooler = topology.scaling, topology.postgres.pooler
    found = capacity.assess(topology, surge=target.surge(topology), target=made.target)

    def opened(instances: int, surge: int = 0) -> int:
        clients = sum(found.connections(instances, surge).values())
        return min(clients, pooler.pool_size) if pooler.enabled else clients

    return Instances(min=scaling.min, max=scaling.max, surge=found.surge), Capacity(
        at_min=opened(scaling.min), at_max=opened(scaling.max), with_surge=found.connections_needed,
        usable=found.connections_usable, maximum=topology.postgres.max_connections, fits=found.fits,
        pooled=pooler.enabled,
    )  # fmt: skip
