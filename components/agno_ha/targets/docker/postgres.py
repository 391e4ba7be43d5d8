"""Postgres on Docker: one server on its own volume, tuned from the topology; PgBouncer in front where asked for."""

from __future__ import annotations

import pulumi
import pulumi_docker as docker

from agno_ha.credentials import Credentials
from agno_ha.environment import Server
from agno_ha.servers import ADMINISTRATOR, PGBOUNCER_PORT, POSTGRES_PORT, POSTGRES_UID, postgres_role
from agno_ha.targets.docker import pooler
from agno_ha.targets.docker.network import Networks
from agno_ha.targets.docker.swarm import Health, Scope, Updates, service, tmpfs, volume_mount

_MIB = 1024**2


def create(
    scope: Scope, networks: Networks, credentials: Credentials
) -> tuple[list[pulumi.Resource], Server]:
    """Create the server and the pooler as the topology wants them.

    Returns:
        What the instances wait for, and where they connect.
    """
    postgres = scope.topology.postgres
    services: list[pulumi.Resource] = []
    if credentials.postgres_admin is not None:
        services.append(_server(scope, networks, credentials.postgres, credentials.postgres_admin))
        server = Server("postgres", POSTGRES_PORT, "disable")  # inside the stack's own network
    else:
        external = postgres.external
        server = Server(str(external.host), external.port, external.ssl_mode)
    if postgres.pooler.enabled:
        services.append(
            pooler.create(scope, networks, server, password=credentials.postgres, depends_on=list(services))
        )
        server = Server("pgbouncer", PGBOUNCER_PORT, "disable")
    return services, server


def _server(
    scope: Scope, networks: Networks, password: pulumi.Output[str], administrator_password: pulumi.Output[str]
) -> docker.Service:
    """Create the server, its volume and its two passwords (the app's role and the superuser)."""
    postgres = scope.topology.postgres
    volume = scope.volume("postgres")
    return service(
        scope,
        "postgres",
        image=scope.images.of("postgres"),
        uid=POSTGRES_UID,
        cpu=postgres.cpu,
        memory=postgres.memory,
        # Two servers must never share a volume.
        updates=Updates(order="stop-first"),
        # On TCP: the image's first start runs a server on the socket only, which is not yet the real one.
        # The long start period leaves crash recovery alone.
        health=Health(
            command=["CMD", "pg_isready", "-q", "-h", "127.0.0.1", "-U", ADMINISTRATOR],
            interval=2,
            retries=15,
            start_period=3600,
        ),
        networks=[networks.stores],
        stop_grace=postgres.stop_grace,
        stop_signal="SIGINT",  # fast shutdown: SIGTERM would wait for every client
        args=["postgres", *postgres.server_args()],
        env={
            "POSTGRES_USER": ADMINISTRATOR,
            "POSTGRES_PASSWORD_FILE": "/run/secrets/postgres_admin_password",
        },
        secrets=[
            scope.secret("postgres-password", password, uid=POSTGRES_UID, path="postgres_password"),
            scope.secret(
                "postgres-admin-password",
                administrator_password,
                uid=POSTGRES_UID,
                path="postgres_admin_password",
            ),
        ],
        configs=[
            scope.config(
                "postgres-role",
                postgres_role(postgres),
                path="/docker-entrypoint-initdb.d/10-app.sql",
            )
        ],
        mounts=[
            volume_mount(scope, volume, "/var/lib/postgresql/data"),
            tmpfs("/var/run/postgresql", 1 * _MIB),
            tmpfs("/tmp", 64 * _MIB),  # noqa: S108
            tmpfs("/dev/shm", 256 * _MIB),  # noqa: S108
        ],
        constraints=[scope.settings.stores_on],
    )
