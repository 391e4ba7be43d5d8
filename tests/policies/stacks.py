"""Good resources to break one property at a time."""

from __future__ import annotations

from typing import Any

from agno_ha_policies import UNKNOWN, Resource, evaluate

STACK = "urn:pulumi:dev::p::pulumi:pulumi:Stack::p-dev"
AGNO = "urn:pulumi:dev::p::agno-ha:index:AgnoService::agno"
DOCKER = "docker:index/service:Service"

FACTS: dict[str, Any] = {
    "target": "docker",
    "environment": "prod",
    "autoscaled": False,
    "min": 2.0,  # Pulumi's numbers are floats
    "max": 4.0,
    "surge": 4.0,
    "workers": 1.0,
    "poolSize": 5.0,
    "poolOverflow": 5.0,
    "connectionsNeeded": 80.0,
    "connectionsUsable": 190.0,
    "maxConnections": 200.0,
    "reservedConnections": 10.0,
    "pooler": False,
    "poolerPoolSize": 50.0,
    "poolerMaxClientConnections": 500.0,
}
POOLED = {"pooler": True, "connectionsNeeded": 50}


def facts(without: str = "", **changes: Any) -> Resource:
    props = {key: value for key, value in {**FACTS, **changes}.items() if key != without}
    return Resource(AGNO, "agno-ha:index:AgnoService", "agno", STACK, props)


def docker(name: str, props: dict[str, Any], parent: str = STACK) -> Resource:
    above = "agno-ha:index:AgnoService$" if parent == AGNO else ""
    return Resource(f"urn:pulumi:dev::p::{above}{DOCKER}::{name}", DOCKER, name, parent, props)


def instance(
    name: str = "agno-web",
    *,
    parent: str = AGNO,
    replicas: Any = 2.0,
    order: Any = "start-first",
    env: Any = None,
    without: str = "",
    **changes: Any,
) -> Resource:
    """A service with a pool; `changes` to its environment, `env` instead of it."""
    environment = {
        "AGNO_ROLE": "web",
        "WORKERS": "1",
        "DB_POOL_SIZE": "5",
        "DB_MAX_OVERFLOW": "5",
        "DB_POOLER": "off",
        **changes,
    }
    environment.pop(without, None)
    return docker(
        name,
        {
            "mode": {"replicated": {"replicas": replicas}},
            "updateConfig": {"order": order},
            "taskSpec": {"containerSpec": {"image": "app:1", "env": environment if env is None else env}},
        },
        parent,
    )


def stranger(name: str = "api", **changes: Any) -> Resource:
    """The same in a program that never heard of this package."""
    return instance(name, parent=STACK, without="AGNO_ROLE", **changes)


def server(
    name: str = "agno-postgres",
    /,
    *,
    parent: str = AGNO,
    args: Any = ("postgres", "-c", "max_connections=200", "-c", "superuser_reserved_connections=10"),
    image: Any = "sha256:0123",
    **changes: Any,
) -> Resource:
    spec = {"image": image, "args": list(args) if isinstance(args, tuple) else args}
    return docker(name, {"taskSpec": {"containerSpec": spec}, **changes}, parent)


def found(*resources: Resource) -> set[tuple[str, str, str]]:
    """Exactly what all rules find: (rule, logical name, path); a `?` after the rule: could not be checked."""
    return {
        (finding.rule + "?" * finding.unknown, finding.resource, finding.path)
        for finding in evaluate(resources)
    }


__all__ = ["AGNO", "POOLED", "STACK", "UNKNOWN", "docker", "facts", "found", "instance", "server", "stranger"]
