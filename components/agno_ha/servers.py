"""What the servers beside the app are given, wherever they run: PgBouncer's files, Postgres' role, Redis' users."""

from __future__ import annotations

import hashlib

from agno_ha.environment import SECRETS, Server
from agno_ha.topology import Postgres

NGINX_UID, POSTGRES_UID, REDIS_UID, PGBOUNCER_UID = 101, 999, 999, 70
"""Users of the official images (Debian variants) and of ours."""

NGINX_IMAGE = "nginx:1.28"
"""The official image's stable line; our configuration needs nothing newer than Debian 12's 1.22."""

ADMINISTRATOR = "postgres"
"""Superuser; the app's own role is not one, so the reserved connections stay the operators'."""

POSTGRES_PORT, REDIS_PORT, PGBOUNCER_PORT = 5432, 6379, 6432

# `\\set` reads the password from its file inside psql: it never stands on a command line, and `:'…'` quotes it.
_CREATE_ROLE = """\
\\set password `cat {secrets}/postgres_password`
CREATE ROLE "{user}" LOGIN PASSWORD :'password';
CREATE DATABASE "{database}" OWNER "{user}";
REVOKE CONNECT ON DATABASE "{database}" FROM PUBLIC;
"""

_PGBOUNCER = """\
[databases]
{database} = host={host} port={port} dbname={database}
[pgbouncer]
listen_addr = 0.0.0.0
listen_port = {listen_port}
unix_socket_dir =
auth_type = scram-sha-256
auth_file = {secrets}/pgbouncer_users
server_tls_sslmode = {ssl_mode}
pool_mode = {mode}
default_pool_size = {pool_size}
max_db_connections = {pool_size}
max_client_conn = {max_clients}
ignore_startup_parameters = extra_float_digits,options
query_wait_timeout = {wait}
"""


def postgres_role(postgres: Postgres) -> str:
    """Return the SQL that makes the app's role and database at the server's first start."""
    return _CREATE_ROLE.format(secrets=SECRETS, user=postgres.user, database=postgres.database)


def pgbouncer_configuration(postgres: Postgres, server: Server) -> str:
    """Return pgbouncer.ini in front of a server."""
    pooler = postgres.pooler
    return _PGBOUNCER.format(
        database=postgres.database,
        host=server.host,
        port=server.port,
        listen_port=PGBOUNCER_PORT,
        secrets=SECRETS,
        ssl_mode=server.tls,
        mode=pooler.mode,
        pool_size=pooler.pool_size,
        max_clients=pooler.max_client_connections,
        wait=round(postgres.pool.timeout),
    )


def pgbouncer_users(user: str, password: str) -> str:
    """Return PgBouncer's file of users, which it also logs in with at the server.

    >>> pgbouncer_users("agno", 'a"b')
    '"agno" "a""b"\\n'
    """
    quoted = ('"' + text.replace('"', '""') + '"' for text in (user, password))
    return " ".join(quoted) + "\n"


def redis_users(password: str) -> str:
    """Return Redis' access list; the password is in it as a digest, where `--requirepass` would show it."""
    return f"user default on #{hashlib.sha256(password.encode()).hexdigest()} ~* &* +@all\n"
