"""PgBouncer on Docker: many client connections on few of the server's."""

from __future__ import annotations

import pulumi
import pulumi_docker as docker

from agno_ha.environment import Server
from agno_ha.targets.docker.network import Networks
from agno_ha.targets.docker.swarm import Health, Scope, Updates, service, tmpfs

UID = 70
PORT = 6432

_CONFIGURATION = """\
[databases]
{database} = host={host} port={port} dbname={database}
[pgbouncer]
listen_addr = 0.0.0.0
listen_port = {listen_port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = /run/secrets/pgbouncer_users
server_tls_sslmode = {ssl_mode}
pool_mode = {mode}
default_pool_size = {pool_size}
max_db_connections = {pool_size}
max_client_conn = {max_clients}
ignore_startup_parameters = extra_float_digits,options
query_wait_timeout = {wait}
"""


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
    configuration = _CONFIGURATION.format(
        database=postgres.database,
        host=server.host,
        port=server.port,
        listen_port=PORT,
        ssl_mode=server.tls,
        mode=pooler.mode,
        pool_size=pooler.pool_size,
        max_clients=pooler.max_client_connections,
        wait=round(postgres.pool.timeout),
    )
    users = password.apply(lambda value: f"{_quoted(postgres.user)} {_quoted(value)}\n")
    return service(
        scope,
        "pgbouncer",
        image=scope.images.of("pgbouncer"),
        uid=UID,
        cpu=pooler.cpu,
        memory=pooler.memory,
        updates=Updates(order="start-first"),
        health=Health(
            command=["CMD", "bash", "-c", f"exec 3<>/dev/tcp/127.0.0.1/{PORT}"], interval=2, retries=5
        ),
        networks=[networks.edge, networks.stores] if postgres.mode == "external" else [networks.stores],
        stop_signal="SIGINT",  # ends with the queries in flight: SIGTERM would cut them
        stop_grace=30,
        args=["pgbouncer", "/etc/pgbouncer/pgbouncer.ini"],
        secrets=[scope.secret("pgbouncer-users", users, uid=UID, path="pgbouncer_users")],
        configs=[scope.config("pgbouncer-ini", configuration, path="/etc/pgbouncer/pgbouncer.ini")],
        mounts=[tmpfs("/tmp", 16 * 1024**2)],  # noqa: S108
        depends_on=depends_on,
    )


def _quoted(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
