"""Postgres on Kubernetes: one server on its own volume, or CloudNativePG's where it has to fail over."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from agno_ha.credentials import Credentials
from agno_ha.environment import SECRETS, Server, secret_file
from agno_ha.servers import ADMINISTRATOR, PGBOUNCER_PORT, POSTGRES_PORT, POSTGRES_UID, postgres_role
from agno_ha.targets.kubernetes import cloudnativepg, pooler, quantities
from agno_ha.targets.kubernetes.pod import Container, probe
from agno_ha.targets.kubernetes.scope import Scope, memory
from agno_ha.targets.kubernetes.store import server

_MOUNT = "/var/lib/postgresql/data"
_DATA = f"{_MOUNT}/pgdata"
"""Below the mount, whose own directory belongs to root and may hold lost+found."""


def create(scope: Scope, credentials: Credentials) -> tuple[list[pulumi.Resource], Server]:
    """Create the server and the pooler as the topology wants them.

    Returns:
        What the instances wait for, and where they connect.
    """
    postgres = scope.topology.postgres
    made: list[pulumi.Resource] = []
    if postgres.mode == "external":
        external = postgres.external
        where = Server(str(external.host), external.port, external.ssl_mode)
    elif postgres.high_availability:
        made.append(cloudnativepg.create(scope, credentials))
        where = cloudnativepg.SERVER
    else:
        made.append(_server(scope, credentials))
        where = Server(
            "postgres", POSTGRES_PORT, "disable"
        )  # inside the namespace, and only its clients reach it
    if postgres.pooler.enabled:
        made.append(pooler.create(scope, where, password=credentials.postgres, depends_on=list(made)))
        where = Server("pgbouncer", PGBOUNCER_PORT, "disable")
    return made, where


def _server(scope: Scope, credentials: Credentials) -> kubernetes.apps.v1.StatefulSet:
    postgres = scope.topology.postgres
    passwords: dict[str, pulumi.Input[str]] = {"postgres_password": credentials.postgres}
    if credentials.postgres_admin is not None:
        passwords["postgres_admin_password"] = credentials.postgres_admin
    # On TCP: the image's first start runs a server on the socket only, which is not yet the real one.
    ready = {"exec": {"command": ["pg_isready", "-q", "-h", "127.0.0.1", "-U", ADMINISTRATOR]}}
    # A server that recovers refuses clients but listens: only one that does not is killed.
    listens: dict[str, Any] = {"tcpSocket": {"port": "postgres"}}
    volume = scope.volume("postgres", quantities.size(postgres.storage))
    container = Container(
        name="postgres",
        image=scope.images.postgres,
        cpu=postgres.cpu,
        memory=postgres.memory,
        args=["postgres", *postgres.server_args()],
        env={
            "POSTGRES_USER": ADMINISTRATOR,
            "POSTGRES_PASSWORD_FILE": secret_file("POSTGRES_ADMIN_PASSWORD"),
            "PGDATA": _DATA,
        },
        ports={"postgres": POSTGRES_PORT},
        files=[
            scope.secret("postgres", passwords, path=SECRETS),
            scope.config(
                "postgres-role",
                "postgres",
                postgres_role(postgres),
                path="/docker-entrypoint-initdb.d/10-app.sql",
            ),
            memory("/var/run/postgresql", "1Mi"),
            memory("/tmp", "64Mi"),  # noqa: S108
            memory("/dev/shm", "256Mi"),  # noqa: S108
        ],
        probes={
            # An hour: crash recovery is left alone.
            "startupProbe": probe(ready, period=2, failures=1800),
            "livenessProbe": probe(listens, period=10, failures=6),
            "readinessProbe": probe(ready, period=5, failures=2),
        },
    )
    return server(
        scope,
        container,
        volume,
        path=_MOUNT,
        directory=_DATA,
        uid=POSTGRES_UID,
        grace=postgres.stop_grace,
        port=POSTGRES_PORT,
    )
