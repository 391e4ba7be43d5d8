"""One line a case: the rule, a stack, and exactly what all rules find in it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from policies.stacks import (
    AGNO,
    CONTAINER,
    DROP,
    MIB,
    PGBOUNCER,
    POOLED,
    POSTGRES_ARGS,
    REDIS_ARGS,
    STACK,
    UNKNOWN,
    VOLUME,
    Resource,
    below,
    changed,
    docker,
    facts,
    file,
    instance,
    nginx,
    of,
    redis,
    server,
    stranger,
)

Kind = Literal["pass", "fail", "unknown", "not applicable"]
SPEC = "taskSpec.containerSpec"
S = "taskSpec__containerSpec__"


@dataclass(frozen=True)
class Case:
    """What `rule` says of a stack; `expected` also holds what other rules say of the same mistake."""

    rule: str
    kind: Kind
    stack: tuple[Resource, ...]
    expected: frozenset[tuple[str, str, str]] = frozenset()

    def __str__(self) -> str:
        return f"{self.rule} {self.kind}"


def _case(rule: str, kind: Kind, stack: tuple[Resource, ...], expected: tuple[str, ...]) -> Case:
    found = []
    for text in expected:
        parts = text.split()
        found.append((parts[0], parts[1], parts[2]) if len(parts) == 3 else (rule, parts[0], parts[1]))
    return Case(rule, kind, stack, frozenset(found))


def ok(rule: str, *stack: Resource) -> Case:
    return _case(rule, "pass", stack, ())


def other(rule: str, *stack: Resource, also: tuple[str, ...] = ()) -> Case:
    return _case(rule, "not applicable", stack, also)


def bad(rule: str, *stack: Resource | str) -> Case:
    """`stack`, then `resource path` or `RULE resource path` of each finding."""
    return _case(rule, "fail", _resources(stack), _texts(stack))


def unknown(rule: str, *stack: Resource | str) -> Case:
    texts = tuple(text if text.count(" ") == 2 else f"{rule}? {text}" for text in _texts(stack))
    return _case(rule, "unknown", _resources(stack), texts)


def _resources(mixed: tuple[Resource | str, ...]) -> tuple[Resource, ...]:
    return tuple(each for each in mixed if isinstance(each, Resource))


def _texts(mixed: tuple[Resource | str, ...]) -> tuple[str, ...]:
    return tuple(each for each in mixed if isinstance(each, str))


DEV = {"environment": "dev"}
EXTERNAL = {
    "postgresMode": "external",
    "postgresMemory": 0,
    "postgresMemoryNeeded": 0,
    "sharedBuffers": 0,
    "effectiveCacheSize": 0,
    "workMem": 0,
}
EXTERNAL_REDIS = {
    "redisMode": "external",
    "redisMemory": 0,
    "redisMemoryNeeded": 0,
    "maxmemory": 0,
    "redisTls": True,
}
OTHER = of("a:b:C", "other", {"data": "x", "taskSpec": {}})


def without(args: tuple[str, ...], *names: str) -> tuple[str, ...]:
    """Arguments without some settings, with their `-c` or value."""
    left = list(args)
    for name in names:
        at = next(index for index, word in enumerate(left) if name in word)
        first = at - 1 if "=" in left[at] else at
        del left[first : first + 2]
    return tuple(left)


FACTS = [
    *(ok("SCALE-002", facts(scaleCpu=low, scaleMemory=high)) for low, high in ((30, 85), (85, 30), (0, 30))),
    ok("SCALE-002", facts(scaleCpu=0, scaleMemory=0, scaleRequests=5)),
    bad("SCALE-002", facts(scaleCpu=86), "agno scaleCpu"),
    bad("SCALE-002", facts(scaleMemory=29), "agno scaleMemory"),
    bad("SCALE-002", facts(scaleCpu=0, scaleMemory=0), "agno max"),
    unknown(
        "SCALE-002", facts(scaleCpu=UNKNOWN, scaleMemory=90), "agno scaleCpu", "SCALE-002 agno scaleMemory"
    ),
    other("SCALE-002", facts(min=4, scaleCpu=99)),
    ok("SCALE-003", facts(cooldownOut=15, cooldownIn=60)),
    bad("SCALE-003", facts(cooldownOut=14), "agno cooldownOut"),
    bad("SCALE-003", facts(cooldownOut=15, cooldownIn=59), "agno cooldownIn"),
    bad("SCALE-003", facts(cooldownOut=301), "agno cooldownIn"),
    unknown(
        "SCALE-003", facts(cooldownIn=UNKNOWN, cooldownOut=1), "agno cooldownIn", "SCALE-003 agno cooldownOut"
    ),
    other("SCALE-003", facts(min=4, cooldownOut=0)),
    ok("POOL-003", facts(poolTimeout=30)),
    bad("POOL-003", facts(poolTimeout=31), "agno poolTimeout"),
    bad("POOL-003", facts(poolTimeout=10, idleTimeout=10, longestSilence=10), "agno idleTimeout"),
    unknown(
        "POOL-003",
        facts(idleTimeout=UNKNOWN, poolTimeout=31),
        "agno idleTimeout",
        "LB-001? agno idleTimeout",
        "POOL-003 agno poolTimeout",
    ),
    other("POOL-003", OTHER),
    ok("POOL-004", facts(**POOLED)),
    ok("POOL-004", facts(**POOLED, poolerMode="session", max=2, surge=2, poolSize=5, poolOverflow=5)),
    bad("POOL-004", facts(**{**POOLED, "connectionsNeeded": 80}, poolerPoolSize=191), "agno poolerPoolSize"),
    bad("POOL-004", facts(**POOLED, poolerMaxClientConnections=79), "agno poolerMaxClientConnections"),
    bad("POOL-004", facts(**POOLED, poolerMode="session"), "agno poolerMode"),
    bad("POOL-004", facts(pooler=True, connectionsNeeded=49), "agno connectionsNeeded"),
    unknown(
        "POOL-004",
        facts(**POOLED, poolerMode=UNKNOWN, poolerMaxClientConnections=79),
        "agno poolerMode",
        "POOL-004 agno poolerMaxClientConnections",
    ),
    other("POOL-004", facts(poolerPoolSize=500, poolerMaxClientConnections=1)),
    ok("POOL-005", facts(reservedConnections=3)),
    bad("POOL-005", facts(reservedConnections=2), "agno reservedConnections"),
    unknown(
        "POOL-005",
        facts(reservedConnections=UNKNOWN),
        "agno reservedConnections",
        "POOL-001? agno reservedConnections",
    ),
    other("POOL-005", OTHER),
    ok("DB-001", facts(sharedBuffers=409 * MIB, effectiveCacheSize=1024 * MIB, workMem=MIB)),
    bad("DB-001", facts(sharedBuffers=410 * MIB, workMem=MIB), "agno sharedBuffers"),
    bad("DB-001", facts(effectiveCacheSize=1025 * MIB), "agno effectiveCacheSize"),
    unknown(
        "DB-001",
        facts(sharedBuffers=UNKNOWN, effectiveCacheSize=1025 * MIB),
        "agno sharedBuffers",
        "DB-002? agno sharedBuffers",
        "DB-001 agno effectiveCacheSize",
    ),
    other("DB-001", facts(**{**EXTERNAL, "postgresTls": True, "sharedBuffers": 1, "effectiveCacheSize": 1})),
    ok("DB-002", facts(maxConnections=224)),
    bad("DB-002", facts(maxConnections=225), "agno workMem"),
    unknown("DB-002", facts(workMem=UNKNOWN), "agno workMem"),
    other("DB-002", facts(**EXTERNAL, postgresTls=True, maxConnections=9999)),
    ok("DB-003", facts(backupRetention=86400)),
    bad("DB-003", facts(backupRetention=86399), "agno backupRetention"),
    bad("DB-003", facts(backupRetention=0), "agno backupRetention"),
    unknown("DB-003", facts(backupRetention=UNKNOWN), "agno backupRetention"),
    other("DB-003", facts(**EXTERNAL, postgresTls=True, backupRetention=0)),
    other("DB-003", facts(**DEV, backupRetention=0)),
    ok("DB-004", facts(protected=True)),
    bad("DB-004", facts(protected=False), "agno protected"),
    unknown("DB-004", facts(protected=UNKNOWN), "agno protected"),
    other("DB-004", facts(**DEV, protected=False)),
    ok("DB-005", facts(**EXTERNAL, postgresTls=True)),
    bad("DB-005", facts(**EXTERNAL, postgresTls=False), "agno postgresTls"),
    unknown("DB-005", facts(**EXTERNAL, postgresTls=UNKNOWN), "agno postgresTls"),
    other("DB-005", facts(postgresTls=False)),
    ok("DB-006", facts(failover=True)),
    bad("DB-006", facts(failover=False), "agno failover"),
    unknown("DB-006", facts(failover=UNKNOWN), "agno failover"),
    other("DB-006", facts(**EXTERNAL, postgresTls=True, failover=False)),
    ok("CACHE-001", facts(maxmemory=384 * MIB)),
    ok("CACHE-001", facts(maxmemory=409 * MIB, appendonly=False, redisMode="external", redisTls=True)),
    bad("CACHE-001", facts(maxmemory=385 * MIB), "agno maxmemory"),
    bad(
        "CACHE-001",
        facts(maxmemory=410 * MIB, appendonly=False),
        "agno maxmemory",
        "CACHE-003 agno appendonly",
    ),
    unknown("CACHE-001", facts(maxmemory=UNKNOWN), "agno maxmemory"),
    other("CACHE-001", facts(**EXTERNAL_REDIS)),
    ok("CACHE-002", facts()),
    bad("CACHE-002", facts(maxmemoryPolicy="allkeys-lru"), "agno maxmemoryPolicy"),
    unknown("CACHE-002", facts(maxmemoryPolicy=UNKNOWN), "agno maxmemoryPolicy"),
    other("CACHE-002", facts(**EXTERNAL_REDIS, maxmemoryPolicy="allkeys-lru")),
    ok("CACHE-003", facts()),
    ok("CACHE-003", facts(appendonly=False, redisFailover=True)),
    bad("CACHE-003", facts(appendonly=False), "agno appendonly"),
    unknown("CACHE-003", facts(appendonly=UNKNOWN), "agno appendonly", "CACHE-001? agno appendonly"),
    other("CACHE-003", facts(**EXTERNAL_REDIS, appendonly=False)),
    ok("CACHE-004", facts(**EXTERNAL_REDIS)),
    bad("CACHE-004", facts(**{**EXTERNAL_REDIS, "redisTls": False}), "agno redisTls"),
    unknown("CACHE-004", facts(**{**EXTERNAL_REDIS, "redisTls": UNKNOWN}), "agno redisTls"),
    other("CACHE-004", facts(redisTls=False)),
    ok("LB-001", facts(idleTimeout=300)),
    bad("LB-001", facts(idleTimeout=299), "agno idleTimeout"),
    unknown("LB-001", facts(longestSilence=UNKNOWN), "agno longestSilence"),
    other("LB-001", OTHER),
    ok("LB-002", facts(drainGrace=160)),
    bad("LB-002", facts(drainGrace=159), "agno drainGrace"),
    bad("LB-002", facts(drainDelay=0), "agno drainDelay"),
    unknown(
        "LB-002", facts(drainTimeout=UNKNOWN, drainDelay=0), "agno drainTimeout", "LB-002 agno drainDelay"
    ),
    other("LB-002", OTHER),
    ok("LB-003", facts(tls="generated")),
    bad("LB-003", facts(tls="off"), "agno tls"),
    unknown("LB-003", facts(tls=UNKNOWN), "agno tls"),
    other("LB-003", facts(**DEV, tls="off")),
    ok("SEC-001", facts()),
    bad("SEC-001", facts(authentication="none"), "agno authentication"),
    unknown("SEC-001", facts(authentication=UNKNOWN), "agno authentication"),
    other("SEC-001", OTHER),
    ok("OPS-001", facts(appMemoryNeeded=512 * MIB)),
    bad("OPS-001", facts(appMemoryNeeded=513 * MIB), "agno appMemory"),
    bad(
        "OPS-001",
        facts(postgresMemoryNeeded=1025 * MIB, redisMemoryNeeded=513 * MIB),
        "agno postgresMemory",
        "agno redisMemory",
    ),
    unknown("OPS-001", facts(appMemoryNeeded=UNKNOWN), "agno appMemoryNeeded"),
    other("OPS-001", facts(**EXTERNAL_REDIS)),
]
"""The first rules' cases, SCALE-001, POOL-001 and POOL-002, are in test_facts_rules.py."""


def container(name: str = "box", **changes: Any) -> Resource:
    """A plain container that nothing is wrong with."""
    good = {
        "image": "registry.example.com/thing:1",
        "user": "1000",
        "readOnly": True,
        "memory": 512.0,
        "logDriver": "local",
        "restart": "unless-stopped",
        **changes,
    }
    return of(CONTAINER, name, {key: value for key, value in good.items() if value is not DROP})


def label(name: str, value: str) -> list[dict[str, str]]:
    return [{"label": name, "value": value}]


HANDED = label("swarm.autoscaler", "true")
POOLED_API = stranger(DB_POOLER="transaction")
AGNO_FACTS = facts()


def bouncer(
    name: str = "bouncer", *, replicas: Any = 1.0, order: str = "stop-first", **spec: Any
) -> Resource:
    """A stranger's service that runs PgBouncer."""
    return docker(
        name,
        {
            "mode": {"replicated": {"replicas": replicas}},
            "updateConfig": {"order": order},
            "taskSpec": {"containerSpec": {"image": "registry.example.com/pgbouncer:1", **spec}},
        },
    )


def mounts(config: str) -> dict[str, Any]:
    return {"configs": [{"configName": config, "fileName": "/etc/pgbouncer/pgbouncer.ini"}]}


SCALE_POOL = [
    unknown(
        "SCALE-101",
        changed(stranger(), labels=HANDED, mode=DROP),
        "api mode.replicated.replicas",
        "SCALE-104? api mode.replicated.replicas",
    ),
    ok("SCALE-103", changed(stranger(), labels=label("swarm.autoscaler", "false"))),
    ok(
        "SCALE-103",
        of(
            "docker:index/service:Service", "api", changed(stranger(), labels=HANDED).props, ignored=("mode",)
        ),
    ),
    bad("SCALE-103", changed(stranger(), labels=HANDED), "api mode.replicated.replicas"),
    unknown("SCALE-103", changed(stranger(), labels=UNKNOWN), "api labels"),
    other("SCALE-103", container()),
    ok("SCALE-104", stranger(order="stop-first")),
    ok("SCALE-104", changed(stranger(), updateConfig__parallelism=0)),
    bad(
        "SCALE-104",
        changed(stranger(order="stop-first"), updateConfig__parallelism=0),
        "api updateConfig.parallelism",
    ),
    bad(
        "SCALE-104",
        changed(stranger(order="stop-first"), updateConfig__parallelism=2),
        "api updateConfig.parallelism",
    ),
    unknown(
        "SCALE-104",
        changed(stranger(order="stop-first"), updateConfig__parallelism=UNKNOWN),
        "api updateConfig.parallelism",
    ),
    other("SCALE-104", docker("worker", {"updateConfig": {"order": "stop-first", "parallelism": 0}})),
    ok(
        "POOL-104",
        stranger(DB_POOL_TIMEOUT="30"),
    ),
    ok("POOL-104", stranger()),
    bad("POOL-104", stranger(DB_POOL_TIMEOUT="31"), f"api {SPEC}.env.DB_POOL_TIMEOUT"),
    unknown("POOL-104", stranger(DB_POOL_TIMEOUT=UNKNOWN), f"api {SPEC}.env.DB_POOL_TIMEOUT"),
    other("POOL-104", docker("worker", {"taskSpec": {"containerSpec": {"env": {"DB_POOL_TIMEOUT": "99"}}}})),
    ok("POOL-105", POOLED_API, server("db", parent=STACK), file("ini", PGBOUNCER, STACK)),
    ok("POOL-105", POOLED_API, file("ini", PGBOUNCER.replace("max_client_conn = 500\n", ""), STACK)),
    bad(
        "POOL-105",
        server("db", parent=STACK),
        file("ini", PGBOUNCER.replace("= 50\n", "= 191\n"), STACK),
        "ini data",
    ),
    bad(
        "POOL-105",
        server("db", parent=STACK),
        file("ini", PGBOUNCER.replace("max_db_connections = 50\n", "default_pool_size = 191\n"), STACK),
        "ini data",
    ),
    bad("POOL-105", POOLED_API, file("ini", PGBOUNCER.replace("= 500\n", "= 39\n"), STACK), "ini data"),
    ok("POOL-105", server("db", parent=STACK), file("ini", PGBOUNCER, STACK), bouncer(replicas=3.0)),
    ok(
        "POOL-105",
        server("db", parent=STACK),
        file("ini", PGBOUNCER, STACK),
        bouncer(replicas=3.0),
        bouncer("exporter", replicas=9.0, image="registry.example.com/pgbouncer-exporter:1"),
    ),
    bad(
        "POOL-105",
        server("db", parent=STACK),
        file("ini", PGBOUNCER, STACK),
        bouncer(replicas=4.0),
        "ini data",
    ),
    bad(
        "POOL-105",
        server("db", parent=STACK),
        file("ini", PGBOUNCER, STACK),
        bouncer(replicas=2.0, order="start-first"),
        "ini data",
    ),
    bad(
        "POOL-105",
        server("db", parent=STACK),
        file("ini", PGBOUNCER.replace("= 50\n", "= 0\ndefault_pool_size = 191\n"), STACK),
        "ini data",
    ),
    ok(
        "POOL-105",
        server("db", parent=STACK),
        file("ini", PGBOUNCER.replace("=db", "=rds.example.com"), STACK),
        bouncer(replicas=9.0),
    ),
    ok(
        "POOL-105",
        POOLED_API,
        file("ini", PGBOUNCER.replace("= 500\n", "= 20\n"), STACK),
        bouncer(replicas=2.0),
    ),
    bad(
        "POOL-105",
        POOLED_API,
        file("ini", PGBOUNCER.replace("= 500\n", "= 19\n"), STACK),
        bouncer(replicas=2.0),
        "ini data",
    ),
    ok(
        "POOL-105",
        stranger(DB_POOLER="transaction", POSTGRES_HOST="one"),
        server("db", parent=STACK),
        file("a", PGBOUNCER.replace("= 500\n", "= 40\n"), STACK),
        bouncer("one", **mounts("a")),
        file("b", PGBOUNCER.replace("= 500\n", "= 1\n").replace("= 50\n", "= 10\n"), STACK),
        bouncer("two", replicas=9.0, **mounts("b")),
    ),
    unknown(
        "POOL-105",
        file("ini", PGBOUNCER, STACK),
        bouncer(replicas=UNKNOWN),
        "bouncer mode.replicated.replicas",
        "SCALE-101? bouncer mode.replicated.replicas",
    ),
    unknown(
        "POOL-105",
        file("a", PGBOUNCER, STACK),
        file("b", PGBOUNCER, STACK),
        bouncer("one"),
        bouncer("two"),
        "a data",
        "POOL-105? b data",
    ),
    unknown(
        "POOL-105",
        file("ini", PGBOUNCER.replace("host=db", ""), STACK),
        server("x", parent=STACK),
        server("y", parent=STACK),
        "ini data",
    ),
    unknown(
        "POOL-105",
        file("ini", UNKNOWN, STACK),
        "ini data",
        "LB-101? ini data",
        "LB-102? ini data",
        "LB-103? ini data",
        "LB-106? ini data",
    ),
    unknown("POOL-105", file("ini", PGBOUNCER.replace("= 50\n", "= many\n"), STACK), "ini data"),
    other("POOL-105", POOLED_API, file("ini", "[other]\nmax_client_conn = 1\n", STACK)),
    ok(
        "POOL-106",
        server(
            "db",
            parent=STACK,
            args=[
                "-c",
                "superuser_reserved_connections=1",
                "-c",
                "reserved_connections=2",
                "-c",
                "max_connections=100",
            ],
        ),
    ),
    bad(
        "POOL-106",
        server(
            "db",
            parent=STACK,
            args=["postgres", "-c", "superuser_reserved_connections=2", "-c", "max_connections=100"],
        ),
        f"db {SPEC}.args",
    ),
    unknown(
        "POOL-106",
        server(
            "db",
            parent=STACK,
            args=[
                "-c",
                "max_connections=200",
                "-c",
                "superuser_reserved_connections=$N",
                "-c",
                "work_mem=4MB",
            ],
        ),
        f"db {SPEC}.args",
    ),
    other("POOL-106", docker("worker", {})),
]


def pg(*more: str, parent: str = STACK, **changes: Any) -> Resource:
    name = "agno-postgres" if parent == AGNO else "db"
    made = server(
        name, parent=parent, args=(*POSTGRES_ARGS, *(part for each in more for part in ("-c", each)))
    )
    return changed(made, **changes)


def rd(*more: str, parent: str = STACK, without_: tuple[str, ...] = (), **changes: Any) -> Resource:
    name = "agno-redis" if parent == AGNO else "cache"
    return changed(redis(name, parent=parent, args=(*without(REDIS_ARGS, *without_), *more)), **changes)


ARGS = f"{SPEC}.args"
MOUNTS = f"{SPEC}.mounts"
STORES = [
    ok("DB-101", pg("shared_buffers=409MB", "work_mem=1MB")),
    ok("DB-101", pg("effective_cache_size=1GB")),
    bad("DB-101", pg("shared_buffers=410MB", "work_mem=1MB"), f"db {ARGS}"),
    bad("DB-101", pg("shared_buffers=53000", "work_mem=1MB"), f"db {ARGS}"),
    bad("DB-101", pg("effective_cache_size=2GB"), f"db {ARGS}"),
    unknown("DB-101", pg("effective_cache_size=much"), f"db {ARGS}"),
    unknown(
        "DB-101",
        docker("worker", {"taskSpec": {"containerSpec": {"image": UNKNOWN}}}),
        f"worker {SPEC}.image",
        f"CACHE-101? worker {SPEC}.image",
        f"SEC-106? worker {SPEC}.image",
    ),
    other("DB-101", changed(stranger(), **{f"{S}image": UNKNOWN}), also=(f"SEC-106? api {SPEC}.image",)),
    ok("DB-102", pg("work_mem=4500kB")),
    bad("DB-102", pg("work_mem=5MB"), f"db {ARGS}"),
    unknown("DB-102", pg("work_mem=some"), f"db {ARGS}"),
    other("DB-102", docker("worker", {"taskSpec": {"containerSpec": {"args": ["-c", "work_mem=5GB"]}}})),
    ok("DB-103", AGNO_FACTS, pg(parent=AGNO)),
    bad("DB-103", AGNO_FACTS, pg("shared_buffers=64MB", parent=AGNO), f"agno-postgres {ARGS}"),
    bad("DB-103", AGNO_FACTS, pg("effective_cache_size=64MB", parent=AGNO), f"agno-postgres {ARGS}"),
    bad("DB-103", AGNO_FACTS, pg("work_mem=1MB", parent=AGNO), f"agno-postgres {ARGS}"),
    unknown("DB-103", facts(workMem=UNKNOWN), pg(parent=AGNO), "agno workMem", "DB-002? agno workMem"),
    other("DB-103", pg("shared_buffers=64MB")),
    ok("DB-104", of(VOLUME, "data", {}, protect=True)),
    bad("DB-104", of(VOLUME, "data", {}, protect=False), "data protect"),
    unknown("DB-104", of(VOLUME, "data", {}), "data protect"),
    other("DB-104", facts(**DEV), of(VOLUME, "agno-data", {}, AGNO, protect=False)),
    ok("DB-105", pg(**{f"{S}mounts": [{"target": "/data"}], f"{S}env": {"PGDATA": "/data/pg"}})),
    bad("DB-105", pg(**{f"{S}mounts": DROP}), f"db {MOUNTS}"),
    bad(
        "DB-105",
        pg(**{f"{S}mounts": [{"type": "tmpfs", "target": "/var/lib/postgresql/data"}]}),
        f"db {MOUNTS}",
    ),
    bad("DB-105", container("db", image="postgres:16", command=["-c", "max_connections=50"]), "db mounts"),
    unknown("DB-105", pg(**{f"{S}mounts": UNKNOWN}), f"db {MOUNTS}", f"SEC-107? db {MOUNTS}"),
    unknown("DB-105", pg(**{f"{S}env": {"PGDATA": UNKNOWN}}), f"db {SPEC}.env.PGDATA"),
    other("DB-105", docker("worker", {})),
    ok("DB-106", pg("fsync=on")),
    bad("DB-106", pg("fsync=off"), f"db {ARGS}"),
    bad("DB-106", pg("full_page_writes=false"), f"db {ARGS}"),
    unknown("DB-106", changed(pg(), **{f"{S}commands": ["--config-file=/x.conf"]}), f"db {ARGS}"),
    other("DB-106", docker("worker", {"taskSpec": {"containerSpec": {"args": ["--fsync=off"]}}})),
    ok("DB-107", pg(**{f"{S}env": {"POSTGRES_HOST_AUTH_METHOD": "scram-sha-256"}})),
    bad(
        "DB-107",
        pg(**{f"{S}env": {"POSTGRES_HOST_AUTH_METHOD": "trust"}}),
        f"db {SPEC}.env.POSTGRES_HOST_AUTH_METHOD",
    ),
    unknown(
        "DB-107",
        pg(**{f"{S}env": {"POSTGRES_HOST_AUTH_METHOD": UNKNOWN}}),
        f"db {SPEC}.env.POSTGRES_HOST_AUTH_METHOD",
    ),
    other(
        "DB-107",
        docker("worker", {"taskSpec": {"containerSpec": {"env": {"POSTGRES_HOST_AUTH_METHOD": "trust"}}}}),
    ),
    ok("CACHE-101", rd("--maxmemory", "384mb")),
    ok("CACHE-101", rd("--maxmemory", "409mb", "--appendonly", "no")),
    bad("CACHE-101", rd("--maxmemory", "385mb"), f"cache {ARGS}"),
    bad("CACHE-101", rd("--maxmemory", "410mb", "--appendonly", "no"), f"cache {ARGS}"),
    bad("CACHE-101", rd(without_=("--maxmemory",)), f"cache {ARGS}"),
    unknown("CACHE-101", rd("--maxmemory", "lots"), f"cache {ARGS}"),
    other(
        "CACHE-101",
        rd(without_=("--maxmemory",), taskSpec__resources=DROP),
        also=("OPS-101 cache taskSpec.resources.limits.memoryBytes",),
    ),
    ok("CACHE-102", stranger(), rd()),
    bad("CACHE-102", stranger(), rd("--maxmemory-policy", "allkeys-lru"), f"cache {ARGS}"),
    unknown(
        "CACHE-102",
        stranger(),
        redis(
            "cache",
            parent=STACK,
            args=("redis-server", "/etc/redis.conf", *without(REDIS_ARGS[1:], "--maxmemory-policy")),
        ),
        f"cache {ARGS}",
        f"CACHE-105? cache {ARGS}",
        f"CACHE-104? cache {ARGS}",
    ),
    other("CACHE-102", rd("--maxmemory-policy", "allkeys-lru")),
    ok(
        "CACHE-102",
        stranger(REDIS_HOST="queue"),
        redis("queue", parent=STACK),
        rd("--maxmemory-policy", "allkeys-lru"),
    ),
    ok(
        "CACHE-102",
        below("ours", stranger()),
        below("ours", redis("queue", parent=STACK)),
        below("theirs", rd("--maxmemory-policy", "allkeys-lru")),
    ),
    bad("CACHE-102", below("ours", stranger()), rd("--maxmemory-policy", "allkeys-lru"), f"cache {ARGS}"),
    unknown(
        "CACHE-102",
        stranger(),
        redis("queue", parent=STACK),
        rd(),
        f"api {SPEC}.env.REDIS_HOST",
        f"CACHE-103? api {SPEC}.env.REDIS_HOST",
    ),
    ok("CACHE-103", stranger(), rd()),
    bad("CACHE-103", stranger(), rd(without_=("--appendonly",)), f"cache {ARGS}"),
    bad("CACHE-103", stranger(), rd(**{f"{S}mounts": DROP}), f"cache {MOUNTS}"),
    unknown(
        "CACHE-103",
        stranger(),
        rd("--appendonly", UNKNOWN, without_=("--appendonly",)),
        f"cache {ARGS}.10",
        f"CACHE-104? cache {ARGS}.10",
        f"CACHE-101? cache {ARGS}.10",
        f"CACHE-105? cache {ARGS}.10",
    ),
    other("CACHE-103", rd(without_=("--appendonly",))),
    ok("CACHE-104", rd()),
    ok("CACHE-104", rd(without_=("--aclfile",), **{f"{S}env": {"REDIS_PASSWORD_FILE": "/run/secrets/p"}})),
    bad("CACHE-104", rd(without_=("--aclfile",)), f"cache {ARGS}"),
    unknown(
        "CACHE-104",
        rd(**{f"{S}env": UNKNOWN}),
        f"cache {SPEC}.env",
        *(
            f"{rule}? cache {SPEC}.env"
            for rule in [
                "SCALE-101",
                "SCALE-104",
                "LB-104",
                "LB-105",
                "OPS-104",
                "SEC-101",
                "POOL-101",
                "POOL-102",
                "POOL-104",
            ]
        ),
    ),
    other("CACHE-104", docker("worker", {})),
    ok("CACHE-105", rd("--cluster-enabled", "no")),
    bad("CACHE-105", rd("--cluster-enabled", "yes"), f"cache {ARGS}"),
    unknown("CACHE-105", rd(UNKNOWN), f"cache {ARGS}.11", f"CACHE-104? cache {ARGS}.11"),
    other(
        "CACHE-105", docker("worker", {"taskSpec": {"containerSpec": {"args": ["--cluster-enabled", "yes"]}}})
    ),
    ok("CACHE-106", AGNO_FACTS, rd(parent=AGNO)),
    bad("CACHE-106", AGNO_FACTS, rd("--maxmemory", "128mb", parent=AGNO), f"agno-redis {ARGS}"),
    bad("CACHE-106", AGNO_FACTS, rd("--maxmemory-policy", "volatile-lru", parent=AGNO), f"agno-redis {ARGS}"),
    unknown(
        "CACHE-106", facts(maxmemory=UNKNOWN), rd(parent=AGNO), "agno maxmemory", "CACHE-001? agno maxmemory"
    ),
    other("CACHE-106", rd("--maxmemory", "128mb")),
]

TIMEOUT = "proxy_read_timeout 3600000ms"
CHECK = f"{SPEC}.healthcheck"
FRONT = [
    ok("LB-101", nginx(TIMEOUT, "proxy_read_timeout 5m", parent=STACK)),
    bad("LB-101", nginx(TIMEOUT, "proxy_read_timeout 299s", parent=STACK), "agno-nginx-conf data"),
    bad("LB-101", nginx(f"      {TIMEOUT};\n", "", parent=STACK), "agno-nginx-conf data"),
    bad(
        "LB-101",
        facts(longestSilence=900),
        nginx(TIMEOUT, "proxy_read_timeout 10m"),
        "agno-nginx-conf data",
        "LB-107 agno-nginx-conf data",
    ),
    unknown("LB-101", nginx(TIMEOUT, "proxy_read_timeout $timeout", parent=STACK), "agno-nginx-conf data"),
    other("LB-101", file("conf", "server { root /srv; }", STACK)),
    ok("LB-102", nginx(parent=STACK)),
    bad("LB-102", nginx("proxy_buffering off", "proxy_buffering on", parent=STACK), "agno-nginx-conf data"),
    bad("LB-102", nginx("      proxy_buffering off;\n", "", parent=STACK), "agno-nginx-conf data"),
    unknown(
        "LB-102",
        changed(file("conf", "", STACK), data="%"),
        "conf data",
        *(f"{rule}? conf data" for rule in ("LB-101", "LB-103", "LB-106", "POOL-105")),
    ),
    other("LB-102", file("conf", "server { root /srv; }", STACK)),
    ok("LB-103", nginx(parent=STACK)),
    bad(
        "LB-103", nginx("error timeout", "error timeout non_idempotent", parent=STACK), "agno-nginx-conf data"
    ),
    unknown(
        "LB-103",
        file("conf", UNKNOWN, STACK),
        "conf data",
        *(f"{rule}? conf data" for rule in ("LB-101", "LB-102", "LB-106", "POOL-105")),
    ),
    other("LB-103", file("conf", "# proxy_pass http://a;\nproxy_next_upstream non_idempotent;", STACK)),
    ok("LB-104", stranger()),
    bad("LB-104", changed(stranger(), **{f"{S}healthcheck": DROP}), f"api {CHECK}"),
    bad("LB-104", changed(stranger(), **{f"{S}healthcheck": {"tests": ["NONE"]}}), f"api {CHECK}"),
    bad(
        "LB-104",
        changed(
            stranger(), **{f"{S}healthcheck": {"tests": ["CMD-SHELL", "curl -f http://127.0.0.1/ready"]}}
        ),
        f"api {CHECK}.tests",
    ),
    unknown("LB-104", changed(stranger(), **{f"{S}healthcheck": UNKNOWN}), f"api {CHECK}"),
    other("LB-104", docker("worker", {})),
    ok("LB-105", changed(stranger(), **{f"{S}stopGracePeriod": "30s"})),
    ok("LB-105", changed(stranger(DRAIN_DELAY="5", DRAIN_TIMEOUT="90"), **{f"{S}stopGracePeriod": "2m40s"})),
    bad("LB-105", changed(stranger(), **{f"{S}stopGracePeriod": DROP}), f"api {SPEC}.stopGracePeriod"),
    bad(
        "LB-105",
        changed(stranger(DRAIN_DELAY="5", DRAIN_TIMEOUT="90"), **{f"{S}stopGracePeriod": "2m39s"}),
        f"api {SPEC}.stopGracePeriod",
    ),
    unknown("LB-105", changed(stranger(), **{f"{S}stopGracePeriod": UNKNOWN}), f"api {SPEC}.stopGracePeriod"),
    unknown("LB-105", changed(stranger(), **{f"{S}stopGracePeriod": "soon"}), f"api {SPEC}.stopGracePeriod"),
    other("LB-105", docker("worker", {})),
    ok("LB-106", nginx(parent=STACK)),
    bad("LB-106", nginx("8443 ssl http2", "8080", parent=STACK), "agno-nginx-conf data"),
    unknown(
        "LB-106",
        file("conf", UNKNOWN, STACK),
        "conf data",
        *(f"{rule}? conf data" for rule in ("LB-101", "LB-102", "LB-103", "POOL-105")),
    ),
    other("LB-106", facts(**DEV, tls="off"), nginx("8443 ssl http2", "8080")),
    ok("LB-107", AGNO_FACTS, nginx()),
    bad("LB-107", AGNO_FACTS, nginx(TIMEOUT, "proxy_read_timeout 3601s"), "agno-nginx-conf data"),
    bad("LB-107", facts(**DEV), nginx("8443 ssl http2", "8080"), "agno-nginx-conf data"),
    bad("LB-107", facts(**DEV, tls="off"), nginx(), "agno-nginx-conf data"),
    unknown("LB-107", facts(tls=UNKNOWN), nginx(), "agno tls", "LB-003? agno tls"),
    other("LB-107", AGNO_FACTS, nginx(TIMEOUT, "proxy_read_timeout 3601s", name="agno-other")),
]

RESTART = "taskSpec.restartPolicy"
OPTIONS = "taskSpec.logDriver.options"
SOCKET = [{"type": "bind", "source": "/var/run/docker.sock", "target": "/var/run/docker.sock"}]
HARDENING = [
    ok(
        "SEC-101",
        docker(
            "worker",
            {
                "taskSpec": {
                    "containerSpec": {"env": {"API_KEY_FILE": "/run/x", "TOKEN": "", "URL": "http://a/b@c"}}
                }
            },
        ),
    ),
    bad("SEC-101", stranger(OPENAI_API_KEY="sk"), f"api {SPEC}.env.OPENAI_API_KEY"),
    bad("SEC-101", stranger(DATABASE_URL="postgresql://u:hunter2@db/agno"), f"api {SPEC}.env.DATABASE_URL"),
    bad("SEC-101", rd("--requirepass", "hunter2"), f"cache {ARGS}"),
    bad("SEC-101", container(envs=["A=1", "DB_PASSWORD=x"]), "box envs.DB_PASSWORD"),
    unknown("SEC-101", stranger(DATABASE_URL=UNKNOWN), f"api {SPEC}.env.DATABASE_URL"),
    other("SEC-101", of(VOLUME, "data", {"env": {"TOKEN": "x"}}, protect=True)),
    ok("SEC-102", container(privileged=False, capabilities={"adds": ["NET_BIND_SERVICE"]})),
    bad("SEC-102", container(privileged=True), "box privileged"),
    bad("SEC-102", container(capabilities={"adds": ["CAP_SYS_ADMIN"]}), "box capabilities.adds.0"),
    bad("SEC-102", changed(docker("worker", {}), **{f"{S}capAdds": ["all"]}), f"worker {SPEC}.capAdds.0"),
    unknown("SEC-102", container(privileged=UNKNOWN), "box privileged"),
    unknown("SEC-102", container(capabilities=UNKNOWN), "box capabilities.adds"),
    other("SEC-102", OTHER),
    ok("SEC-103", docker("worker", {})),
    bad("SEC-103", changed(docker("worker", {}), **{f"{S}user": DROP}), f"worker {SPEC}.user"),
    bad("SEC-103", container(user="root:root"), "box user"),
    unknown("SEC-103", container(user=UNKNOWN), "box user"),
    other("SEC-103", OTHER),
    ok("SEC-104", docker("worker", {})),
    bad("SEC-104", container(readOnly=DROP), "box readOnly"),
    unknown("SEC-104", container(readOnly=UNKNOWN), "box readOnly"),
    other("SEC-104", OTHER),
    ok("SEC-105", docker("proxy", {"endpointSpec": {"ports": [{"targetPort": 443, "publishedPort": 443}]}})),
    ok("SEC-105", container(ports=[{"internal": 6379, "external": 6379, "ip": "127.0.0.1"}])),
    bad("SEC-105", container(ports=[{"internal": 6379, "external": 6379}]), "box ports.0"),
    bad("SEC-105", pg(endpointSpec={"ports": [{"targetPort": 9999}]}), "db endpointSpec.ports.0"),
    bad("SEC-105", rd(endpointSpec={"ports": [{"targetPort": 9999}]}), "cache endpointSpec.ports.0"),
    unknown(
        "SEC-105",
        docker("proxy", {"endpointSpec": {"ports": [{"targetPort": UNKNOWN}]}}),
        "proxy endpointSpec.ports.0.targetPort",
    ),
    other("SEC-105", OTHER),
    *(
        ok("SEC-106", container(image=image))
        for image in ("a:1", "r:5000/a:1", "a@sha256:01", "a:latest@sha256:01")
    ),
    bad("SEC-106", container(image="r:5000/a"), "box image"),
    bad("SEC-106", container(image="a:latest"), "box image"),
    unknown("SEC-106", container(image=UNKNOWN), "box image", "DB-101? box image", "CACHE-101? box image"),
    other("SEC-106", OTHER),
    ok("SEC-107", container(volumes=[{"hostPath": "/srv", "containerPath": "/srv"}])),
    bad(
        "SEC-107",
        container(volumes=[{"hostPath": "/run/docker.sock", "containerPath": "/x"}]),
        "box volumes.0.hostPath",
    ),
    bad("SEC-107", changed(docker("worker", {}), **{f"{S}mounts": SOCKET}), f"worker {MOUNTS}.0.source"),
    unknown("SEC-107", container(mounts=[{"source": UNKNOWN}]), "box mounts.0.source"),
    other("SEC-107", OTHER),
    ok("OPS-101", container(memory=64)),
    bad("OPS-101", container(memory=DROP), "box memory"),
    unknown("OPS-101", container(memory=UNKNOWN), "box memory"),
    other("OPS-101", OTHER),
    ok("OPS-102", docker("worker", {})),
    bad("OPS-102", container(logDriver="none"), "box logDriver"),
    bad("OPS-102", container(logDriver=DROP), "box logOpts"),
    bad(
        "OPS-102",
        changed(docker("worker", {}), taskSpec__logDriver__options={"max-size": "1m"}),
        f"worker {OPTIONS}",
    ),
    unknown("OPS-102", container(logDriver="json-file", logOpts=UNKNOWN), "box logOpts"),
    other("OPS-102", OTHER),
    ok("OPS-103", container(restart="always")),
    bad("OPS-103", container(restart=DROP), "box restart"),
    bad("OPS-103", container(restart="on-failure"), "box restart"),
    bad(
        "OPS-103",
        changed(docker("worker", {}), taskSpec__restartPolicy={"maxAttempts": 3}),
        f"worker {RESTART}.maxAttempts",
    ),
    unknown("OPS-103", container(restart=UNKNOWN), "box restart"),
    other("OPS-103", OTHER),
    ok("OPS-104", stranger()),
    bad("OPS-104", changed(stranger(), updateConfig__failureAction=DROP), "api updateConfig.failureAction"),
    unknown(
        "OPS-104", changed(stranger(), updateConfig__failureAction=UNKNOWN), "api updateConfig.failureAction"
    ),
    other("OPS-104", docker("worker", {"updateConfig": {"failureAction": "pause"}})),
    ok("OPS-105", AGNO_FACTS, instance(), pg(parent=AGNO), rd(parent=AGNO)),
    bad(
        "OPS-105",
        AGNO_FACTS,
        changed(instance(), taskSpec__resources__limits__memoryBytes=600 * MIB),
        "agno-web taskSpec.resources.limits.memoryBytes",
    ),
    unknown("OPS-105", facts(appMemory=UNKNOWN), instance(), "agno appMemory", "OPS-001? agno appMemory"),
    other("OPS-105", stranger()),
]
CASES = [*FACTS, *SCALE_POOL, *STORES, *FRONT, *HARDENING]
