"""PgBouncer on Docker: many client connections on few of the server's."""

from __future__ import annotations

import pulumi
import pulumi_docker as docker

from agno_ha.environment import Server
from agno_ha.servers import PGBOUNCER_PORT, PGBOUNCER_UID, pgbouncer_configuration, pgbouncer_users
from agno_ha.targets.docker.network import Networks
from agno_ha.targets.docker.swarm import Health, Scope, Updates, service, tmpfs


def create(
    scope: Scope,
    networks: Networks,
    server: Server,
    *,
    password: pulumi.Output[str],
    depends_on: list[pulumi.Resource],
) -> docker.Service:
    """Create the pooler in front of the server."""
    postgres = scope.topology.postgres
    pooler = postgres.pooler
    configuration = pgbouncer_configuration(postgres, server)
    users = password.apply(lambda value: pgbouncer_users(postgres.user, value))
    return service(
        scope,
        "pgbouncer",
        image=scope.images.of("pgbouncer"),
        uid=PGBOUNCER_UID,
        cpu=pooler.cpu,
        memory=pooler.memory,
        updates=Updates(order="start-first"),
        health=Health(
            command=["CMD", "bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{PGBOUNCER_PORT}"],
            interval=2,
            retries=5,
        ),
        networks=[networks.edge, networks.stores] if postgres.mode == "external" else [networks.stores],
        stop_signal="SIGINT",  # ends with the queries in flight: SIGTERM would cut them
        stop_grace=30,
        args=["pgbouncer", "/etc/pgbouncer/pgbouncer.ini"],
        secrets=[scope.secret("pgbouncer-users", users, uid=PGBOUNCER_UID, path="pgbouncer_users")],
        configs=[scope.config("pgbouncer-ini", configuration, path="/etc/pgbouncer/pgbouncer.ini")],
        mounts=[tmpfs("/tmp", 16 * 1024**2)],  # noqa: S108
        depends_on=depends_on,
    )
