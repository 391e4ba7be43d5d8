"""The plain variables of the image contract (image/README.md), made from the topology; the same on every target."""

from __future__ import annotations

from agno_ha.topology import Topology


def app_environment(
    topology: Topology, *, namespace: str, database: tuple[str, int, str], redis: tuple[str, int]
) -> dict[str, str]:
    """Return environment name → value, without secrets.

    Args:
        topology: where the values come from.
        namespace: names the OS, so that all instances of a stack share one id.
        database: host, port and sslmode that the instances connect to (the pooler's where there is one).
        redis: host and port.
    """
    app, postgres, pool = topology.app, topology.postgres, topology.postgres.pool
    external = topology.redis.external if topology.redis.mode == "external" else None
    optional = {
        "AGNO_AGENTS": app.agents,
        "AGNO_MODEL": app.model.id,
        "OPENAI_BASE_URL": app.model.base_url,
        "REDIS_USERNAME": external.username if external else None,
    }
    return {
        **app.environment,
        "PORT": str(app.port),
        "OS_ID": namespace,
        "SESSION_STORE": topology.sessions.store,
        "POSTGRES_HOST": database[0],
        "POSTGRES_PORT": str(database[1]),
        "POSTGRES_SSLMODE": database[2],
        "POSTGRES_USER": postgres.user,
        "POSTGRES_DB": postgres.database,
        "REDIS_HOST": redis[0],
        "REDIS_PORT": str(redis[1]),
        "REDIS_TLS": "true" if external and external.tls else "false",
        "DB_POOL_SIZE": str(pool.size),
        "DB_MAX_OVERFLOW": str(pool.overflow),
        "DB_POOL_TIMEOUT": f"{pool.timeout:g}",
        "DB_POOL_RECYCLE": f"{pool.recycle:g}",
        "DB_CONNECT_TIMEOUT": f"{pool.connect_timeout:g}",
        "DB_POOLER": postgres.pooler.mode if postgres.pooler.enabled else "off",
        "DRAIN_DELAY": f"{app.drain.delay:g}",
        "DRAIN_TIMEOUT": f"{app.drain.timeout:g}",
        # The proxy is the only peer on the instances' port: the networks let nothing else in.
        "FORWARDED_ALLOW_IPS": "*",
        **{name: value for name, value in optional.items() if value is not None},
    }
