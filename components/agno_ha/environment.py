"""The plain variables of the image contract (image/README.md), made from the topology; the same on every target."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from agno_ha.topology import Topology

SECRETS = "/run/secrets"
"""Directory of the secrets' files inside every container."""


@dataclass(frozen=True)
class Server:
    """Where a store's clients connect."""

    host: str
    port: int
    tls: str
    """Postgres: libpq's `sslmode`; Redis: `true` or `false`."""


def secret_file(name: str) -> str:
    """Return the path of a secret's file, named in the environment by `NAME_FILE`.

    >>> secret_file("REDIS_PASSWORD")
    '/run/secrets/redis_password'
    """
    return f"{SECRETS}/{name.lower()}"


def role_environment(topology: Topology, role: Literal["web", "scheduler"]) -> dict[str, str]:
    """Return what the two roles of the image differ in."""
    return {"AGNO_ROLE": role, "WORKERS": str(topology.app.workers if role == "web" else 1)}


def app_environment(topology: Topology, *, namespace: str, postgres: Server, redis: Server) -> dict[str, str]:
    """Return environment name → value, without secrets.

    Args:
        topology: where the values come from.
        namespace: names the OS, so that all instances of a stack share one id.
        postgres: the server that the instances connect to (the pooler where there is one).
        redis: likewise.
    """
    app, store = topology.app, topology.postgres
    pool, pooler = store.pool, store.pooler
    optional = {
        "AGNO_AGENTS": app.agents,
        "AGNO_MODEL": app.model.id,
        "OPENAI_BASE_URL": app.model.base_url,
        "REDIS_USERNAME": topology.redis.external.username,
    }
    return {
        # The proxy is the only peer on the instances' port: the networks let nothing else in. Whoever has one more in
        # front of it names both here.
        "FORWARDED_ALLOW_IPS": "*",
        **app.environment,
        "PORT": str(app.port),
        "OS_ID": namespace,
        "SESSION_STORE": topology.sessions.store,
        "POSTGRES_HOST": postgres.host,
        "POSTGRES_PORT": str(postgres.port),
        "POSTGRES_SSLMODE": postgres.tls,
        "POSTGRES_USER": store.user,
        "POSTGRES_DB": store.database,
        "REDIS_HOST": redis.host,
        "REDIS_PORT": str(redis.port),
        "REDIS_TLS": redis.tls,
        "DB_POOL_SIZE": str(pool.size),
        "DB_MAX_OVERFLOW": str(pool.overflow),
        "DB_POOL_TIMEOUT": f"{pool.timeout:g}",
        "DB_POOL_RECYCLE": f"{pool.recycle:g}",
        "DB_CONNECT_TIMEOUT": f"{pool.connect_timeout:g}",
        "DB_POOLER": pooler.mode if pooler.enabled else "off",
        "DRAIN_DELAY": f"{app.drain.delay:g}",
        "DRAIN_TIMEOUT": f"{app.drain.timeout:g}",
        **{name: value for name, value in optional.items() if value is not None},
    }
