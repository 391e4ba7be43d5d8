"""Redis on Kubernetes: one server on its own volume, tuned from the topology."""

from __future__ import annotations

import pulumi
import pulumi_kubernetes as kubernetes

from agno_ha.credentials import Credentials
from agno_ha.environment import SECRETS, Server
from agno_ha.servers import REDIS_PORT, REDIS_UID, redis_users
from agno_ha.targets.kubernetes import quantities
from agno_ha.targets.kubernetes.pod import Container, probe
from agno_ha.targets.kubernetes.scope import Scope, memory
from agno_ha.targets.kubernetes.store import server

# "NOAUTH" is an answer too; LOADING is not, and a long start leaves it alone.
_ANSWERS = {"exec": {"command": ["sh", "-c", "redis-cli ping | grep -qE 'PONG|NOAUTH'"]}}


def create(scope: Scope, credentials: Credentials) -> tuple[list[pulumi.Resource], Server]:
    """Create the server where it is managed.

    Returns:
        What the instances wait for, and where they connect.
    """
    redis = scope.topology.redis
    if redis.mode == "external":
        external = redis.external
        return [], Server(str(external.host), external.port, str(external.tls).lower())
    return [_server(scope, credentials.redis)], Server("redis", REDIS_PORT, "false")


def _server(scope: Scope, password: pulumi.Output[str]) -> kubernetes.apps.v1.StatefulSet:
    redis = scope.topology.redis
    container = Container(
        name="redis",
        image=scope.images.redis,
        cpu=redis.cpu,
        memory=redis.memory,
        args=[
            "redis-server",
            "--dir",
            "/data",
            "--aclfile",
            f"{SECRETS}/redis_users",
            *redis.server_args(),
        ],
        ports={"redis": REDIS_PORT},
        files=[
            scope.secret("redis", {"redis_users": password.apply(redis_users)}, path=SECRETS),
            memory("/tmp", "16Mi"),  # noqa: S108
        ],
        probes={
            "startupProbe": probe(_ANSWERS, period=2, failures=1800),
            "livenessProbe": probe(_ANSWERS, period=10, failures=6),
            "readinessProbe": probe(_ANSWERS, period=5, failures=2),
        },
    )
    volume = scope.volume("redis", quantities.size(redis.storage))
    return server(
        scope, container, volume, path="/data", uid=REDIS_UID, grace=redis.stop_grace, port=REDIS_PORT
    )
