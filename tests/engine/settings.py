"""Each setting changed alone: what it must touch on Docker, and which settings touch nothing and why."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

UPDATE, REPLACE, CREATE, DELETE = "update", "replace", "create", "delete"
WEB = {"agno-web (Service)": UPDATE}
SCHEDULER = {"agno-scheduler (Service)": UPDATE}
POSTGRES = {"agno-postgres (Service)": UPDATE}
REDIS = {"agno-redis (Service)": UPDATE}
NGINX = {"agno-nginx (Service)": UPDATE}
POOLER = {"agno-pgbouncer (Service)": UPDATE}
# Configs and secrets are immutable in Swarm: what changes in one is a new one.
NGINX_CONF = {"agno-nginx-conf (ServiceConfig)": REPLACE, **NGINX}
POOLER_INI = {"agno-pgbouncer-ini (ServiceConfig)": REPLACE, **POOLER}
ROLE = {"agno-postgres-role (ServiceConfig)": REPLACE, **POSTGRES}


@dataclass(frozen=True)
class Case:
    """One leaf with another value."""

    path: str
    value: Any
    touches: Mapping[str, str]
    """Resource → operation; exactly these."""
    given: Mapping[str, Any] = field(default_factory=dict)
    """What else must be set for the leaf to mean something: part of the state before as of that after."""
    on: str = "small"
    """The stack whose state it is compared with: `small`, or `full` for what only that one has."""
    also: Mapping[str, Any] = field(default_factory=dict)
    """What the leaf can't be changed without."""

    def __str__(self) -> str:
        return f"{self.path}={self.value}" if isinstance(self.value, str | int | float | bool) else self.path


EXTERNAL_POSTGRES = {
    "postgres": {"mode": "external", "password": "postgresPassword", "external": {"host": "db.example.com"}}
}
EXTERNAL_REDIS = {
    "redis": {"mode": "external", "password": "otherPassword", "external": {"host": "redis.example.com"}}
}
OWN_MODEL = {"app": {"model": {"id": "one", "baseUrl": "http://models.example.com/v1"}}}
BY_REFERENCE = {"app": {"image": None}}
"""The default image, named by the hash of what it is built from."""

CASES = [
    Case("app.image", "registry.example.com/app:1", WEB),
    Case("app.image", "registry.example.com/app:1", {**WEB, **SCHEDULER}, on="full"),
    Case("app.build", "my-agents", WEB, given=BY_REFERENCE),
    Case("app.agents", "my_agents:agents", WEB),
    Case("app.workers", 2, WEB),
    Case("app.workers", 2, WEB, on="full"),
    Case("app.cpu", 0.8, WEB),
    Case("app.memory", "600MiB", WEB),
    Case("app.port", 8010, {**WEB, **NGINX_CONF}),
    Case(
        "app.authentication",
        "none",
        {
            "agno-security-key (RandomPassword)": DELETE,
            "agno-app-os-security-key (Secret)": DELETE,
            **WEB,
        },
    ),
    Case("app.model.id", "two", WEB, given=OWN_MODEL),
    Case("app.model.baseUrl", "http://other.example.com/v1", WEB, given=OWN_MODEL),
    Case("app.environment", {"COLOUR": "green"}, WEB),
    Case("app.environment", {"COLOUR": "green"}, {**WEB, **SCHEDULER}, on="full"),
    Case(
        "app.secrets",
        {"SEARCH_API_KEY": "searchKey", "OTHER_KEY": "otherPassword"},
        {"agno-app-other-key (Secret)": CREATE, **WEB},
    ),
    Case("app.drain.delay", "4s", WEB),
    Case("app.drain.timeout", "15s", WEB),
    Case("app.drain.grace", "200s", WEB),
    Case("app.health.interval", "4s", WEB),
    Case("app.health.timeout", "4s", WEB),
    Case("app.health.retries", 3, WEB),
    Case("app.health.startPeriod", "20s", WEB),
    Case("app.scheduler.enabled", True, {"agno-scheduler (Service)": CREATE}),
    Case("app.scheduler.cpu", 0.4, SCHEDULER, on="full"),
    Case("app.scheduler.memory", "600MiB", SCHEDULER, on="full"),
    Case("scaling.min", 3, WEB),
    Case("loadBalancer.httpPort", 18080, NGINX),
    Case("loadBalancer.httpsPort", 18443, NGINX_CONF, on="full"),  # the redirect names it
    Case("loadBalancer.replicas", 2, NGINX),
    Case("loadBalancer.cpu", 0.4, NGINX),
    Case("loadBalancer.cpu", 3, NGINX_CONF),  # one nginx worker a core
    Case("loadBalancer.memory", "96MiB", NGINX),
    Case(
        "loadBalancer.tls.mode",
        "generated",
        {
            "agno-tls-seed (RandomPassword)": CREATE,
            "agno-tls-certificate (Secret)": CREATE,
            "agno-tls-key (Secret)": CREATE,
            **NGINX_CONF,
        },
    ),
    Case(
        "loadBalancer.tls.certificate",
        "two.pem",
        {"agno-tls-certificate (Secret)": REPLACE, **NGINX},
        on="full",
    ),
    Case("loadBalancer.tls.privateKey", "keyTwo", {"agno-tls-key (Secret)": REPLACE, **NGINX}, on="full"),
    Case("loadBalancer.idleTimeout", "1800s", NGINX_CONF),
    Case("loadBalancer.connectTimeout", "2s", NGINX_CONF),
    Case("loadBalancer.bodyLimit", "50MiB", NGINX_CONF),
    Case(
        "postgres.mode",
        "external",
        {
            "agno-postgres (Service)": DELETE,
            "agno-postgres-data (Volume)": DELETE,
            "agno-postgres-role (ServiceConfig)": DELETE,
            "agno-postgres-password (Secret)": DELETE,
            "agno-postgres-admin-password (Secret)": DELETE,
            "agno-postgres-admin-password (RandomPassword)": DELETE,
            **WEB,
        },
        also={"postgres": {"external": {"host": "db.example.com"}}},
    ),
    Case("postgres.database", "other", {**ROLE, **WEB}),
    Case("postgres.user", "other", {**ROLE, **WEB}),
    Case("postgres.maxConnections", 210, POSTGRES),
    Case("postgres.reservedConnections", 8, POSTGRES),
    Case("postgres.sharedBuffers", "160MiB", POSTGRES),
    Case("postgres.effectiveCacheSize", "600MiB", POSTGRES),
    Case("postgres.workMem", "3MiB", POSTGRES),
    Case("postgres.statementTimeout", "50s", POSTGRES),
    Case("postgres.idleInTransactionTimeout", "50s", POSTGRES),
    Case("postgres.cpu", 0.9, POSTGRES),
    Case("postgres.memory", "1200MiB", POSTGRES),
    Case("postgres.stopGrace", "100s", POSTGRES),
    Case(
        "postgres.password",
        "otherPassword",
        {
            "agno-postgres-password (Secret)": REPLACE,
            "agno-app-postgres-password (Secret)": REPLACE,
            **POSTGRES,
            **WEB,
        },
    ),
    Case("postgres.version", 16, POSTGRES, given={"docker": {"images": {"postgres": None}}}),
    Case("postgres.pool.size", 3, WEB),
    Case("postgres.pool.overflow", 3, WEB),
    Case("postgres.pool.timeout", "8s", WEB),
    Case("postgres.pool.timeout", "8s", {**POOLER_INI, **WEB, **SCHEDULER}, on="full"),
    Case("postgres.pool.recycle", "1800s", WEB),
    Case("postgres.pool.connectTimeout", "4s", WEB),
    Case(
        "postgres.pooler.enabled",
        True,
        {
            "agno-pgbouncer (Service)": CREATE,
            "agno-pgbouncer-ini (ServiceConfig)": CREATE,
            "agno-pgbouncer-users (Secret)": CREATE,
            **WEB,
        },
    ),
    Case(
        "postgres.pooler.mode",
        "session",
        {**POOLER_INI, **WEB, **SCHEDULER},
        on="full",
        given={"postgres": {"pooler": {"poolSize": 72}}},  # of which a session holds one as long as it lasts
    ),
    Case("postgres.pooler.poolSize", 31, POOLER_INI, on="full"),
    Case("postgres.pooler.maxClientConnections", 450, POOLER_INI, on="full"),
    Case("postgres.pooler.cpu", 0.4, POOLER, on="full"),
    Case("postgres.pooler.memory", "96MiB", POOLER, on="full"),
    Case("postgres.external.host", "other.example.com", WEB, given=EXTERNAL_POSTGRES),
    Case("postgres.external.port", 5433, WEB, given=EXTERNAL_POSTGRES),
    Case("postgres.external.sslMode", "disable", WEB, given=EXTERNAL_POSTGRES),
    Case(
        "redis.mode",
        "external",
        {
            "agno-redis (Service)": DELETE,
            "agno-redis-data (Volume)": DELETE,
            "agno-redis-users (Secret)": DELETE,
            "agno-redis-password (RandomPassword)": DELETE,
            "agno-app-redis-password (Secret)": REPLACE,
            **WEB,
        },
        also={"redis": {"password": "otherPassword", "external": {"host": "redis.example.com"}}},
    ),
    Case("redis.version", 8, REDIS, given={"docker": {"images": {"redis": None}}}),
    Case("redis.maxmemory", "200MiB", REDIS),
    Case("redis.maxmemoryPolicy", "volatile-lru", REDIS),
    Case("redis.persistence.appendonly", False, REDIS),
    Case("redis.persistence.fsync", "always", REDIS),
    Case("redis.cpu", 0.4, REDIS),
    Case("redis.memory", "600MiB", REDIS),
    Case("redis.stopGrace", "50s", REDIS),
    Case(
        "redis.password",
        "otherPassword",
        {
            "agno-redis-password (RandomPassword)": DELETE,
            "agno-redis-users (Secret)": REPLACE,
            "agno-app-redis-password (Secret)": REPLACE,
            **REDIS,
            **WEB,
        },
    ),
    Case("redis.external.host", "other.example.com", WEB, given=EXTERNAL_REDIS),
    Case("redis.external.port", 6380, WEB, given=EXTERNAL_REDIS),
    Case("redis.external.tls", False, WEB, given=EXTERNAL_REDIS),
    Case("redis.external.username", "agno", WEB, given=EXTERNAL_REDIS),
    Case("sessions.store", "redis", WEB),
    Case("docker.publishMode", "ingress", NGINX),
    Case("docker.storesOn", "node.labels.stores==true", {**POSTGRES, **REDIS}),
    Case("docker.registry", "registry.example.com/team", WEB, given=BY_REFERENCE),
    Case("docker.images.postgres", "registry.example.com/postgres:15", POSTGRES),
    Case("docker.images.redis", "registry.example.com/redis:7", REDIS),
    Case("docker.images.nginx", "registry.example.com/nginx:1.28", NGINX),
    Case("docker.images.pgbouncer", "registry.example.com/pgbouncer:1", POOLER, on="full"),
    Case("docker.logs.maxSize", "5MiB", {**WEB, **POSTGRES, **REDIS, **NGINX}),
    Case("docker.logs.maxFiles", 2, {**WEB, **POSTGRES, **REDIS, **NGINX}),
    Case("docker.updateTimeout", "10m", {**WEB, **POSTGRES, **REDIS, **NGINX}),
]

SIZED = "Docker's local volumes have no size"
SCALED = "Swarm has no autoscaler: scaling.min instances run, and the deployment says so"
WITHOUT_EFFECT: dict[str, tuple[Any, str]] = {
    "app.longestSilence": ("200s", "a lower bound of loadBalancer.idleTimeout, which is what is deployed"),
    "scaling.max": (4, f"a bound of the connection budget; {SCALED}"),
    "scaling.cpu": (60, SCALED),
    "scaling.memory": (60, SCALED),
    "scaling.requestsPerSecond": (50, SCALED),
    "scaling.cooldown.out": ("50s", SCALED),
    "scaling.cooldown.in": ("200s", SCALED),
    "postgres.storage": ("20GiB", SIZED),
    "redis.storage": ("20GiB", SIZED),
    "postgres.backups.retention": ("14d", "this target makes no backups of its own"),
    "postgres.highAvailability": (True, "one server on its volume's node"),
    "redis.highAvailability": (True, "one server on its volume's node"),
}
"""Leaves that touch no resource on Docker: another value, and why."""
