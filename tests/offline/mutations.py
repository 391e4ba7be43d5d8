"""The good stack broken one setting at a time, and exactly the rules that should notice.

`dev` is this repository's stack as its files have it; `pooled` the same with PgBouncer; `one target` the same scaled
by CPU alone; `prod` the same in production, with TLS and with what a target would have to offer there.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from policies.stacks import DROP, MIB

SPEC = "taskSpec.containerSpec"
ENV = f"{SPEC}.env"
ARGS = f"{SPEC}.args"
MEMORY = "taskSpec.resources.limits.memoryBytes"
LOGS = "taskSpec.logDriver"
RESTART = "taskSpec.restartPolicy"


@dataclass(frozen=True)
class Mutation:
    base: str
    resource: str
    """Its logical name, after its kind and a colon where several kinds have it."""
    path: str
    value: Any
    """A value, `DROP`, or a function of the old value."""
    expected: str
    """Rules, each with `@resource` where it is not the broken one."""

    def __str__(self) -> str:
        return f"{self.base} {self.resource}.{self.path} {self.expected}"

    @property
    def kind(self) -> str:
        return self.resource.rpartition(":")[0]

    @property
    def name(self) -> str:
        return self.resource.rpartition(":")[2]

    @property
    def findings(self) -> set[tuple[str, str]]:
        pairs = (text.partition("@") for text in self.expected.split())
        return {(rule, resource or self.name) for rule, _, resource in pairs}


def setting(name: str, value: str) -> Callable[[list[str]], list[str]]:
    """Another value of `-c name=value`, or one more of them."""

    def change(args: list[str]) -> list[str]:
        kept = [word for word in args if not word.startswith(f"{name}=")]
        at = next((index for index, word in enumerate(args) if word.startswith(f"{name}=")), None)
        if at is None:
            return [*args, "-c", f"{name}={value}"]
        return [*kept[:at], f"{name}={value}", *kept[at:]]

    return change


def option(name: str, value: str | None) -> Callable[[list[str]], list[str]]:
    """Another value of `--name value`, or none."""

    def change(args: list[str]) -> list[str]:
        at = args.index(f"--{name}") if f"--{name}" in args else len(args)
        return [*args[:at], *([f"--{name}", value] if value else []), *args[at + 2 :]]

    return change


def text(pattern: str, new: str) -> Callable[[str], str]:
    """Another line of a configuration file."""

    def change(data: str) -> str:
        old = base64.b64decode(data).decode()
        changed, count = re.subn(pattern, new, old)
        assert count, pattern
        return base64.b64encode(changed.encode()).decode()

    return change


def dev(*case: Any) -> Mutation:
    return Mutation("dev", *case)


def prod(*case: Any) -> Mutation:
    return Mutation("prod", *case)


def pooled(*case: Any) -> Mutation:
    return Mutation("pooled", *case)


AGNO, WEB, PG, REDIS, NGINX = "agno", "agno-web", "agno-postgres", "agno-redis", "agno-nginx"
CONF, INI = "agno-nginx-conf", "agno-pgbouncer-ini"

ON_FACTS = [
    dev(AGNO, "min", 0, "SCALE-001"),
    dev(AGNO, "max", 11, "SCALE-001 POOL-001"),
    dev(AGNO, "max", 1, "SCALE-001 SCALE-102@agno-web"),
    dev(AGNO, "scaleCpu", 95, "SCALE-002"),
    dev(AGNO, "scaleMemory", 5, "SCALE-002"),
    Mutation("one target", AGNO, "scaleCpu", 0, "SCALE-002"),
    prod(AGNO, "cooldownOut", 5, "SCALE-003"),
    prod(AGNO, "cooldownIn", 59, "SCALE-003"),
    dev(AGNO, "cooldownIn", 30, "SCALE-003"),
    dev(AGNO, "connectionsNeeded", 191, "POOL-001"),
    dev(AGNO, "connectionsUsable", 191, "POOL-001"),
    dev(AGNO, "poolSize", 0, "POOL-002 POOL-103@agno-web"),
    dev(AGNO, "poolOverflow", -1, "POOL-002 POOL-103@agno-web"),
    dev(AGNO, "poolTimeout", 31, "POOL-003"),
    dev(AGNO, "idleTimeout", 9, "POOL-003 LB-001 LB-107@agno-nginx-conf"),
    dev(AGNO, "idleTimeout", 200, "LB-001 LB-107@agno-nginx-conf"),
    pooled(AGNO, "poolerPoolSize", 191, "POOL-004"),
    pooled(AGNO, "poolerMaxClientConnections", 79, "POOL-004"),
    pooled(AGNO, "poolerMode", "session", "POOL-004"),
    dev(AGNO, "reservedConnections", 2, "POOL-005"),
    dev(AGNO, "sharedBuffers", 500 * MIB, "DB-001 DB-002 DB-103@agno-postgres"),
    dev(AGNO, "effectiveCacheSize", 2048 * MIB, "DB-001 DB-103@agno-postgres"),
    dev(AGNO, "workMem", 8 * MIB, "DB-002 DB-103@agno-postgres"),
    prod(AGNO, "backupRetention", 0, "DB-003"),
    prod(AGNO, "protected", False, "DB-004"),
    prod(AGNO, "failover", False, "DB-006"),
    dev(AGNO, "postgresMode", "external", "DB-005"),
    dev(AGNO, "maxmemory", 400 * MIB, "CACHE-001 CACHE-106@agno-redis"),
    dev(AGNO, "maxmemoryPolicy", "allkeys-lru", "CACHE-002 CACHE-106@agno-redis"),
    dev(AGNO, "appendonly", False, "CACHE-003"),
    dev(AGNO, "redisMode", "external", "CACHE-004"),
    dev(AGNO, "drainDelay", 0, "LB-002"),
    dev(AGNO, "drainGrace", 150, "LB-002"),
    prod(AGNO, "tls", "off", "LB-003 LB-107@agno-nginx-conf"),
    dev(AGNO, "authentication", "none", "SEC-001"),
    dev(AGNO, "appMemoryNeeded", 600 * MIB, "OPS-001"),
    dev(AGNO, "postgresMemoryNeeded", 2048 * MIB, "OPS-001"),
    dev(AGNO, "redisMemoryNeeded", 600 * MIB, "OPS-001"),
]
"""What somebody's own facts, or a defect of ours, could say."""

ON_RESOURCES = [
    dev(WEB, "mode.replicated.replicas", 11, "SCALE-101 SCALE-102 POOL-101@agno-postgres"),
    dev(WEB, "mode.replicated.replicas", 0, "SCALE-101 SCALE-102"),
    dev(WEB, "mode.replicated.replicas", 5, "SCALE-102"),
    dev(WEB, "mode", {"global": True}, "SCALE-102 POOL-101?"),
    dev(WEB, "labels", [{"label": "swarm.autoscaler", "value": "true"}], "SCALE-103"),
    dev(WEB, "updateConfig", {"order": "stop-first", "parallelism": 0, "failureAction": "rollback"}, "SCALE-104"),
    dev(WEB, "updateConfig.failureAction", "continue", "OPS-104"),
    dev(WEB, f"{ENV}.WORKERS", "8", "POOL-101@agno-postgres POOL-103"),
    dev(WEB, f"{ENV}.DB_POOL_SIZE", "30", "POOL-102 POOL-103"),
    dev(WEB, f"{ENV}.DB_MAX_OVERFLOW", "21", "POOL-102 POOL-103"),
    dev(WEB, f"{ENV}.DB_POOL_TIMEOUT", "60", "POOL-104"),
    dev(PG, ARGS, setting("max_connections", "190"), "POOL-103"),
    dev(PG, ARGS, setting("superuser_reserved_connections", "1"), "POOL-106"),
    pooled(INI, "data", text("max_db_connections = .*", "max_db_connections = 195"), "POOL-105"),
    pooled(INI, "data", text("max_client_conn = .*", "max_client_conn = 10"), "POOL-105"),
    pooled("agno-pgbouncer", "mode.replicated.replicas", 5, "POOL-105@agno-pgbouncer-ini"),
    dev(PG, ARGS, setting("shared_buffers", "500MB"), "DB-101 DB-102 DB-103"),
    dev(PG, ARGS, setting("effective_cache_size", "2GB"), "DB-101 DB-103"),
    prod("agno-redis-data", "protect", False, "DB-104"),
    dev(PG, f"{SPEC}.mounts", DROP, "DB-105"),
    dev(PG, ARGS, setting("fsync", "off"), "DB-106"),
    dev(PG, ARGS, setting("full_page_writes", "off"), "DB-106"),
    dev(PG, f"{ENV}.POSTGRES_HOST_AUTH_METHOD", "trust", "DB-107"),
    dev(PG, "endpointSpec.ports", [{"targetPort": 5432, "publishedPort": 5432}], "SEC-105"),
    dev(PG, MEMORY, 2048 * MIB, "OPS-105"),
    dev(REDIS, ARGS, option("maxmemory", "400mb"), "CACHE-101 CACHE-106"),
    dev(REDIS, ARGS, option("maxmemory", None), "CACHE-101 CACHE-106"),
    dev(REDIS, ARGS, option("maxmemory-policy", "allkeys-lru"), "CACHE-102 CACHE-106"),
    dev(REDIS, ARGS, option("appendonly", "no"), "CACHE-103"),
    dev(REDIS, f"{SPEC}.mounts", DROP, "CACHE-103"),
    dev(REDIS, ARGS, option("aclfile", None), "CACHE-104"),
    dev(REDIS, ARGS, option("cluster-enabled", "yes"), "CACHE-105"),
    dev(REDIS, ARGS, option("requirepass", "hunter2"), "SEC-101"),
    dev(CONF, "data", text("proxy_read_timeout .*;", "proxy_read_timeout 60s;"), "LB-101 LB-107"),
    dev(CONF, "data", text("proxy_buffering off;", ""), "LB-102"),
    dev(CONF, "data", text("error timeout", "error timeout non_idempotent"), "LB-103"),
    prod(CONF, "data", text(r"ssl http2", ""), "LB-106 LB-107"),
    dev(WEB, f"{SPEC}.healthcheck", DROP, "LB-104"),
    dev(WEB, f"{SPEC}.healthcheck.tests", ["CMD", "curl", "http://127.0.0.1:8000/ready"], "LB-104"),
    dev(WEB, f"{SPEC}.stopGracePeriod", "10s", "LB-105"),
    dev(WEB, f"{ENV}.OPENAI_API_KEY", "hunter2", "SEC-101"),
    dev(WEB, f"{ENV}.DATABASE_URL", "postgres://agno:hunter2@db/agno", "SEC-101"),
    dev(WEB, f"{SPEC}.privileged", True, "SEC-102"),
    dev(WEB, f"{SPEC}.capAdds", ["SYS_ADMIN"], "SEC-102"),
    dev(WEB, f"{SPEC}.user", "root", "SEC-103"),
    dev(WEB, f"{SPEC}.readOnly", False, "SEC-104"),
    dev(NGINX, f"{SPEC}.image", "nginx:latest", "SEC-106"),
    dev(
        NGINX, f"{SPEC}.mounts", [{"type": "bind", "source": "/run/docker.sock", "target": "/s"}], "SEC-107"
    ),
    dev(NGINX, MEMORY, DROP, "OPS-101"),
    dev(NGINX, f"{LOGS}.name", "none", "OPS-102"),
    dev(NGINX, f"{LOGS}.options", {}, "OPS-102"),
    dev(NGINX, f"{LOGS}.options", {"max-size": "10m"}, "OPS-102"),
    dev(NGINX, f"{RESTART}.condition", "none", "OPS-103"),
    dev(NGINX, f"{RESTART}.condition", "on-failure", "OPS-103"),
    dev(NGINX, f"{RESTART}.maxAttempts", 3, "OPS-103"),
]  # fmt: skip
"""What a transform, or a program of its own, could make of the resources."""

MUTATIONS = [*ON_FACTS, *ON_RESOURCES]
