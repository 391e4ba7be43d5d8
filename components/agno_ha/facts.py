"""The capacity facts of an AgnoService: what each means, and the settings of the topology that decide it."""

from __future__ import annotations

from typing import NamedTuple


class Fact(NamedTuple):
    """One fact; a plain scalar, never a host, an address or a secret."""

    meaning: str
    settings: tuple[str, ...] = ()
    """The one that decides most first: below `topology`, or a key of the stack file; empty where the target decides."""


FACTS: dict[str, Fact] = {
    "target": Fact("the target's name"),
    "environment": Fact(
        "`dev`, `staging` or `prod`: decides protection and the policies' preset", ("agno-ha:environment",)
    ),
    "autoscaled": Fact("whether the target changes the number of instances by itself"),
    "protected": Fact("whether what holds data is protected against deletion", ("agno-ha:environment",)),
    "min": Fact("instances that always run", ("scaling.min",)),
    "max": Fact("instances at most", ("scaling.max",)),
    "surge": Fact("instances beside max while all are replaced", ("scaling.max",)),
    "scaleCpu": Fact("CPU target in percent; 0: off", ("scaling.cpu",)),
    "scaleMemory": Fact("memory target in percent; 0: off", ("scaling.memory",)),
    "scaleRequests": Fact(
        "target of requests per instance and second; 0: off", ("scaling.requestsPerSecond",)
    ),
    "cooldownOut": Fact("pause after adding instances, seconds", ("scaling.cooldown.out",)),
    "cooldownIn": Fact("pause after removing instances, seconds", ("scaling.cooldown.in",)),
    "largestSafeMax": Fact("largest max whose connections and their memory hold", ("scaling.max",)),
    "workers": Fact("processes of an instance, each with its own pool", ("app.workers",)),
    "poolSize": Fact("connections kept open by each pool", ("postgres.pool.size",)),
    "poolOverflow": Fact("further connections of each pool", ("postgres.pool.overflow",)),
    "poolTimeout": Fact("longest wait for a connection, seconds", ("postgres.pool.timeout",)),
    "schedulerConnections": Fact("connections of the scheduler; 0 without one", ("app.scheduler.enabled",)),
    "connectionsNeeded": Fact(
        "server connections at max with surge",
        ("scaling.max", "app.workers", "postgres.pool.size", "postgres.pool.overflow"),
    ),
    "connectionsUsable": Fact(
        "server connections beside those for operators",
        ("postgres.maxConnections", "postgres.reservedConnections"),
    ),
    "maxConnections": Fact("connections that Postgres admits", ("postgres.maxConnections",)),
    "reservedConnections": Fact("of these, kept for operators", ("postgres.reservedConnections",)),
    "pooler": Fact("whether a pooler stands between app and Postgres", ("postgres.pooler.enabled",)),
    "poolerMode": Fact("`transaction` or `session`", ("postgres.pooler.mode",)),
    "poolerPoolSize": Fact("the pooler's server connections", ("postgres.pooler.poolSize",)),
    "poolerMaxClientConnections": Fact(
        "the pooler's client connections", ("postgres.pooler.maxClientConnections",)
    ),
    "drainDelay": Fact("time that a stopping instance still serves, seconds", ("app.drain.delay",)),
    "drainTimeout": Fact("time for requests in flight, seconds", ("app.drain.timeout",)),
    "drainGrace": Fact("time from SIGTERM to SIGKILL, seconds", ("app.drain.grace",)),
    "idleTimeout": Fact("silence after which the load balancer cuts, seconds", ("loadBalancer.idleTimeout",)),
    "longestSilence": Fact("longest silence within a stream, seconds", ("app.longestSilence",)),
    "tls": Fact("`off`, `generated` or `provided`", ("loadBalancer.tls.mode", "loadBalancer.tls")),
    "authentication": Fact("`securityKey` or `none`", ("app.authentication",)),
    "sessionStore": Fact("`postgres` or `redis`", ("sessions.store",)),
    "appMemory": Fact("limit of an instance, bytes", ("app.memory",)),
    "appMemoryNeeded": Fact("what an instance takes at its peak, bytes", ("app.memory", "app.workers")),
    "postgresMode": Fact("`managed` or `external`", ("postgres.mode",)),
    "postgresTls": Fact(
        "whether connections to an external Postgres are encrypted", ("postgres.external.sslMode",)
    ),
    "postgresMemory": Fact("limit of Postgres, bytes; 0 where external", ("postgres.memory",)),
    "postgresMemoryNeeded": Fact(
        "what Postgres takes at its peak, bytes; 0 where external",
        ("postgres.memory", "postgres.sharedBuffers"),
    ),
    "sharedBuffers": Fact("Postgres' own cache, bytes; 0 where external", ("postgres.sharedBuffers",)),
    "effectiveCacheSize": Fact(
        "what the planner counts on, bytes; 0 where external", ("postgres.effectiveCacheSize",)
    ),
    "workMem": Fact("memory of one sort, bytes; 0 where external", ("postgres.workMem",)),
    "failover": Fact("whether a managed Postgres has a standby", ("postgres.highAvailability",)),
    "backupRetention": Fact(
        "how long backups of a managed Postgres are kept, seconds; 0: none", ("postgres.backups.retention",)
    ),
    "redisMode": Fact("`managed` or `external`", ("redis.mode",)),
    "redisTls": Fact("whether connections to an external Redis are encrypted", ("redis.external.tls",)),
    "redisMemory": Fact("limit of Redis, bytes; 0 where external", ("redis.memory",)),
    "redisMemoryNeeded": Fact("what Redis takes at its peak, bytes; 0 where external", ("redis.memory",)),
    "maxmemory": Fact("data that Redis keeps at most, bytes; 0 where external", ("redis.maxmemory",)),
    "maxmemoryPolicy": Fact("what goes when Redis is full", ("redis.maxmemoryPolicy",)),
    "redisFailover": Fact("whether a managed Redis has a standby", ("redis.highAvailability",)),
    "appendonly": Fact("whether Redis logs every write", ("redis.persistence.appendonly",)),
}
"""By name, in the order of the documentation; a test keeps it complete."""
