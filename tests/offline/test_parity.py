"""One topology on every target: the same app environment, pool and drain, and facts that differ where they must.

A further target joins with an entry in TARGETS.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
from agno_ha.offline import Plan
from agno_ha.service import TYPE
from agno_ha.topology.units import KiB, MiB

from .conftest import Evaluate
from .ecs import PROD

ADDRESSES = {
    *("POSTGRES_HOST", "POSTGRES_PORT", "POSTGRES_SSLMODE", "REDIS_HOST", "REDIS_PORT", "REDIS_TLS"),
}
"""Where the stores are, which is each target's own."""

OF_THE_TARGET = {"target", "autoscaled", "failover", "redisFailover", "backupRetention", "surge", "max"}
SUMS = {"connectionsNeeded", "largestSafeMax", "postgresMemoryNeeded"}
"""Facts made from the surge and the max."""

# What every target takes: Fargate has no less memory with a core and stops a task within 120 s, RDS no smaller volume.
SMALL = {
    "app": {"memory": "2GiB", "drain": {"timeout": "45s", "grace": "120s"}},
    "postgres": {"storage": "20GiB"},
}
TOPOLOGIES: dict[str, dict[str, Any]] = {
    "default": SMALL,
    "everything": {
        "app": {
            "workers": 2,
            "memory": "2GiB",
            "port": 9000,
            "agents": "mine:agents",
            "model": {"id": "m", "baseUrl": "http://models:1/v1"},
            "environment": {"GREETING": "costs $5"},
            "secrets": {"API_TOKEN": "given"},
            "drain": {"delay": "7s", "timeout": "45s", "grace": "119s"},
            "scheduler": {"enabled": True, "memory": "1GiB"},
        },
        "postgres": {
            "storage": "20GiB",
            "pool": {"size": 3, "overflow": 4, "timeout": "5s"},
            "pooler": {"enabled": True},
        },
        "sessions": {"store": "redis"},
    },
}


@dataclass(frozen=True)
class Target:
    """How a plan of one target is read."""

    environment: Callable[[Plan, str], Mapping[str, str]]
    """(plan, role) → the app's variables."""
    grace: Callable[[Plan, str], float]
    """(plan, role) → seconds from SIGTERM to SIGKILL."""
    own: Mapping[str, Any] = field(default_factory=dict)
    """The target's own settings."""
    further: frozenset[str] = frozenset()
    """Variables that only this target sets."""
    facts: frozenset[str] = frozenset()
    """Facts that this target decides, whatever the topology asks for."""


def on_docker(plan: Plan, role: str) -> dict[str, Any]:
    [service] = [each for each in plan.of_type("docker:index/service:Service") if each.name == f"agno-{role}"]
    container: dict[str, Any] = service.inputs["taskSpec"]["containerSpec"]
    return container


def docker_grace(plan: Plan, role: str) -> float:
    minutes, seconds = re.fullmatch(
        r"(?:(\d+)m)?(?:(\d+)s)?", on_docker(plan, role)["stopGracePeriod"]
    ).groups()  # type: ignore[union-attr]
    return 60 * int(minutes or 0) + int(seconds or 0)


def on_kubernetes(plan: Plan, role: str) -> dict[str, Any]:
    [deployment] = [
        each for each in plan.of_type("kubernetes:apps/v1:Deployment") if each.name == f"agno-{role}"
    ]
    spec: dict[str, Any] = deployment.inputs["spec"]["template"]["spec"]
    return spec


def kubernetes_environment(plan: Plan, role: str) -> dict[str, str]:
    [container] = on_kubernetes(plan, role)["containers"]
    return {each["name"]: each["value"].replace("$$", "$") for each in container["env"]}


def kubernetes_grace(plan: Plan, role: str) -> float:
    # The grace of a pod begins with preStop.
    spec = on_kubernetes(plan, role)
    before = spec["containers"][0].get("lifecycle", {}).get("preStop", {}).get("sleep", {}).get("seconds", 0)
    return float(spec["terminationGracePeriodSeconds"] - before)


def on_ecs(plan: Plan, role: str) -> dict[str, Any]:
    [task] = [
        each for each in plan.of_type("aws:ecs/taskDefinition:TaskDefinition") if each.name == f"agno-{role}"
    ]
    [app] = [each for each in json.loads(task.inputs["containerDefinitions"]) if each["name"] == "app"]
    container: dict[str, Any] = app
    return container


def ecs_environment(plan: Plan, role: str) -> dict[str, str]:
    app = on_ecs(plan, role)
    secrets = {f"{each['name']}_FILE": "a reference" for each in app["secrets"]}
    return {each["name"]: each["value"] for each in app["environment"]} | secrets


TARGETS: dict[str, Target] = {
    "docker": Target(lambda plan, role: on_docker(plan, role)["env"], docker_grace),
    "kubernetes": Target(
        kubernetes_environment,
        kubernetes_grace,
        {"images": {"app": "registry.example.com/app:1", "pgbouncer": "registry.example.com/pgbouncer:1"}},
    ),
    "ecs": Target(
        ecs_environment,
        lambda plan, role: float(on_ecs(plan, role)["stopTimeout"]),
        PROD["agno-ha:ecs"],
        frozenset({"KEEP_ALIVE"}),  # longer than the load balancer's, which nginx needs not
        # RDS and ElastiCache are always encrypted, and the latter keeps no log.
        frozenset({"tls", "postgresTls", "redisTls", "appendonly"}),
    ),
}
REFERENCE = "docker"


def named(environment: Mapping[str, str]) -> dict[str, str | None]:
    """The variables but addresses; a secret by its name alone, whether it is a file or the platform's reference."""
    plain = {name: value for name, value in environment.items() if name not in ADDRESSES}
    return {name.removesuffix("_FILE"): None if name.endswith("_FILE") else plain[name] for name in plain}


def facts(plan: Plan) -> dict[str, Any]:
    [service] = plan.of_type(TYPE)
    return dict(service.inputs)


@pytest.mark.parametrize("name", [name for name in TARGETS if name != REFERENCE])
@pytest.mark.parametrize("topology", TOPOLOGIES.values(), ids=TOPOLOGIES)
def test_a_target_gives_the_app_what_the_reference_gives_it(
    evaluate: Evaluate, topology: dict[str, Any], name: str
) -> None:
    first, second = TARGETS[REFERENCE], TARGETS[name]
    one = evaluate(topology, target=REFERENCE, own=first.own, given="a given value")
    other = evaluate(topology, target=name, own=second.own, given="a given value")
    for role in ("web", *(["scheduler"] if "scheduler" in topology["app"] else [])):
        expected = named(first.environment(one, role))
        seen = named(second.environment(other, role))
        assert {key: value for key, value in seen.items() if key not in second.further} == expected
        assert second.further <= set(seen)
        assert {"DB_POOL_SIZE", "DB_MAX_OVERFLOW", "DRAIN_DELAY", "POSTGRES_PASSWORD"} <= set(expected)
        assert set(first.environment(one, role)) >= ADDRESSES <= set(second.environment(other, role))
        assert second.grace(other, role) == first.grace(one, role)
    different = {key for key, value in facts(one).items() if facts(other)[key] != value}
    assert set(facts(one)) == set(facts(other))
    assert "target" in different
    assert different <= OF_THE_TARGET | SUMS | second.facts


def docker_scratch(plan: Plan, room: str) -> int:
    [mount] = [each for each in on_docker(plan, room)["mounts"] if each["target"] == "/tmp"]
    return int(mount["tmpfsOptions"]["sizeBytes"])


def kubernetes_scratch(plan: Plan, room: str) -> int:
    spec = on_kubernetes(plan, room)
    [name] = [each["name"] for each in spec["containers"][0]["volumeMounts"] if each["mountPath"] == "/tmp"]
    [limit] = [each["emptyDir"]["sizeLimit"] for each in spec["volumes"] if each["name"] == name]
    return int(limit[:-2]) * {"Ki": KiB, "Mi": MiB}[limit[-2:]]


@pytest.mark.parametrize("body", [8, 25, 64])
@pytest.mark.parametrize(
    ("name", "scratch"), [("docker", docker_scratch), ("kubernetes", kubernetes_scratch)]
)
def test_the_largest_body_has_room_where_the_least_memory_is_given(
    evaluate: Evaluate, name: str, scratch: Callable[[Plan, str], int], body: int
) -> None:
    """nginx holds a body in its `/tmp` until it has all of it, and the instance its files while it reads them."""
    least = {
        "app": {"memory": f"{256 + body}MiB"},
        "loadBalancer": {"memory": f"{64 + body}MiB", "bodyLimit": f"{body}MiB"},
    }
    plan = evaluate(least, target=name, own=TARGETS[name].own, given="a given value")
    assert min(scratch(plan, room) for room in ("nginx", "web")) >= body * MiB


def test_every_target_is_here() -> None:
    from agno_ha import targets

    assert set(TARGETS) == set(targets.NAMES)
