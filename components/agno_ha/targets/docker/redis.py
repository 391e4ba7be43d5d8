"""Redis on Docker: one server on its own volume, tuned from the topology."""

from __future__ import annotations

import pulumi
import pulumi_docker as docker

from agno_ha.credentials import Credentials
from agno_ha.environment import Server
from agno_ha.servers import REDIS_PORT, REDIS_UID, redis_users
from agno_ha.targets.docker.network import Networks
from agno_ha.targets.docker.swarm import Health, Scope, Updates, service, tmpfs, volume_mount


def create(
    scope: Scope, networks: Networks, credentials: Credentials
) -> tuple[list[pulumi.Resource], Server]:
    """Create the server where it is managed.

    Returns:
        What the instances wait for, and where they connect.
    """
    redis = scope.topology.redis
    if redis.mode == "external":
        external = redis.external
        return [], Server(str(external.host), external.port, str(external.tls).lower())
    return [_server(scope, networks, credentials.redis)], Server("redis", REDIS_PORT, "false")


def _server(scope: Scope, networks: Networks, password: pulumi.Output[str]) -> docker.Service:
    """Create the server, its volume and its access list.

    The password reaches Redis as a digest in an ACL file: `--requirepass` would show it in the process list.
    """
    redis = scope.topology.redis
    return service(
        scope,
        "redis",
        image=scope.images.of("redis"),
        uid=REDIS_UID,
        cpu=redis.cpu,
        memory=redis.memory,
        # Two servers must never share a volume.
        updates=Updates(order="stop-first"),
        # "NOAUTH" is an answer too; LOADING is not, and a long start leaves it alone.
        health=Health(
            command=["CMD-SHELL", "redis-cli ping | grep -qE 'PONG|NOAUTH'"],
            interval=2,
            retries=15,
            start_period=3600,
        ),
        networks=[networks.stores],
        stop_grace=redis.stop_grace,
        args=[
            "redis-server",
            "--dir",
            "/data",
            "--aclfile",
            "/run/secrets/redis_users",
            *redis.server_args(),
        ],
        secrets=[scope.secret("redis-users", password.apply(redis_users), uid=REDIS_UID, path="redis_users")],
        mounts=[volume_mount(scope, scope.volume("redis"), "/data"), tmpfs("/tmp", 16 * 1024**2)],  # noqa: S108
        constraints=[scope.settings.stores_on],
    )
