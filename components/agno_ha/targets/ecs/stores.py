"""Which servers of AWS hold what the topology asks of Postgres and Redis, and what of it none does."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha.targets.ecs import sizes
from agno_ha.targets.ecs.settings import EcsSettings
from agno_ha.topology import Topology
from agno_ha.topology.problem import Problem
from agno_ha.topology.units import GiB, TiB, duration_text, size_text

LEAST_STORAGE = 20 * GiB
"""Smallest gp3 volume of RDS."""

_BORROW = 300.0
"""Seconds: the most that ConnectionBorrowTimeout of RDS Proxy can be."""
_MOST_STORAGE = 64 * TiB
_GROWTH = 10

AUTHORITIES = frozenset({
    "af-south-1", "ap-east-1", "ap-northeast-1", "ap-northeast-2", "ap-northeast-3", "ap-south-1",
    "ap-south-2", "ap-southeast-1", "ap-southeast-2", "ap-southeast-3", "ap-southeast-4", "ap-southeast-5",
    "ap-southeast-7", "ca-central-1", "ca-west-1", "eu-central-1", "eu-central-2", "eu-north-1", "eu-south-1",
    "eu-south-2", "eu-west-1", "eu-west-2", "eu-west-3", "il-central-1", "me-central-1", "me-south-1",
    "mx-central-1", "sa-east-1", "us-east-1", "us-east-2", "us-west-1", "us-west-2",
})  # fmt: skip
"""Regions whose RDS authorities the image carries (image/amazon-rds.crt)."""

_RESERVED_USERS = ("admin", "rdsadmin")
"""Master users that RDS for Postgres refuses: "cannot be used as it is a reserved word used by the engine"
(aws-cloudformation/cfn-lint#4425 has tried them)."""

_ENGINES = {
    ("redis", 6): ("6.2", "redis6.x"),
    ("redis", 7): ("7.1", "redis7"),
    ("valkey", 7): ("7.2", "valkey7"),
    ("valkey", 8): ("8.0", "valkey8"),
}
"""Engine and `redis.version` → ElastiCache's version and parameter family."""


def instance_class(topology: Topology, settings: EcsSettings) -> str | None:
    """Return the class of the RDS instance: the given one, else the smallest that fits; None where none does."""
    postgres = topology.postgres
    return settings.postgres.instance_class or sizes.instance_class(
        postgres.cpu, postgres.memory, postgres.max_connections
    )


def max_storage(topology: Topology, settings: EcsSettings) -> float:
    """Return up to how many bytes the volume grows by itself; 0: it does not, since RDS has no larger one."""
    storage = topology.postgres.storage
    most = settings.postgres.max_storage or min(storage * _GROWTH, _MOST_STORAGE)
    return most if most >= _grown(storage) else 0


def _grown(storage: float) -> float:
    return storage * 11 / 10  # RDS grows by a tenth at least


def node_type(topology: Topology, settings: EcsSettings) -> str | None:
    """Return the type of the ElastiCache nodes: the given one, else the smallest that fits; None where none does."""
    return settings.redis.node_type or sizes.node_type(topology.redis.memory)


def engine(topology: Topology, settings: EcsSettings) -> tuple[str, str] | None:
    """Return ElastiCache's version and parameter family; None where it has no such version."""
    return _ENGINES.get((settings.redis.engine, topology.redis.version))


def reserved_memory_percent(topology: Topology, settings: EcsSettings) -> int:
    """Return what ElastiCache keeps back of a node, so that `redis.maxmemory` is left for data.

    The node's own maxmemory can't be set; a type that is not in our table keeps ElastiCache's own 25.
    """
    size = sizes.NODE_TYPES.get(node_type(topology, settings) or "")
    return 25 if size is None else 100 - topology.redis.maxmemory * 100 // size


def postgres_problems(topology: Topology, settings: EcsSettings) -> Iterator[Problem]:
    """What RDS, its class, or RDS Proxy can't do."""
    postgres = topology.postgres
    if postgres.pooler.enabled:
        if postgres.mode == "external":
            message = "RDS Proxy stands in front of RDS only, and postgres.mode = external"
            fix = "Disable it, or pool where that server runs"
            yield Problem("", "topology.postgres.pooler.enabled", "true", message, fix)
        if postgres.pooler.mode == "session":
            fix = "Set postgres.pooler.mode to transaction"
            yield Problem(
                "", "topology.postgres.pooler.mode", "session", "RDS Proxy pools by transaction", fix
            )
    if postgres.mode == "external":
        return
    if postgres.pooler.enabled and postgres.pool.timeout > _BORROW:
        message = f"RDS Proxy lets a client wait for a connection at most {duration_text(_BORROW)}"
        fix, waits = f"Lower it to {duration_text(_BORROW)}", duration_text(postgres.pool.timeout)
        yield Problem("", "topology.postgres.pool.timeout", waits, message, fix)
    for name, value in (("user", postgres.user), ("database", postgres.database)):
        if not value[0].isalpha() or (name == "user" and value in _RESERVED_USERS):
            message = "RDS takes names that begin with a letter, and for the user no reserved word"
            yield Problem("", f"topology.postgres.{name}", value, message, "Choose another, such as agno")
    if postgres.storage < LEAST_STORAGE:
        fix = f"Raise postgres.storage to {size_text(LEAST_STORAGE)}"
        message = f"a volume of RDS has at least {size_text(LEAST_STORAGE)}"
        yield Problem("", "topology.postgres.storage", size_text(postgres.storage), message, fix)
    most = settings.postgres.max_storage
    if most is not None and most < _grown(postgres.storage):
        message = f"less than a tenth above postgres.storage = {size_text(postgres.storage)}"
        fix = "Raise it, or remove it"
        yield Problem("", "agno-ha:ecs.postgres.maxStorage", size_text(most), message, fix)
    named = topology.app.environment.keys() | topology.app.secrets.keys()
    if (
        settings.postgres.ssl_mode == "verify-full"
        and not postgres.pooler.enabled  # its certificate is by a public authority
        and settings.region not in AUTHORITIES
        and "PGSSLROOTCERT" not in named
    ):
        message = f"the image carries no authority of RDS in {settings.region}"
        fix = "Set require, or name a bundle of your image in app.environment as PGSSLROOTCERT"
        yield Problem("", "agno-ha:ecs.postgres.sslMode", "verify-full", message, fix)
    yield from _class_problems(topology, settings)


def _class_problems(topology: Topology, settings: EcsSettings) -> Iterator[Problem]:
    postgres, path = topology.postgres, "agno-ha:ecs.postgres.instanceClass"
    name = instance_class(topology, settings)
    if name is None:
        need = (
            f"postgres.cpu, memory and maxConnections = {postgres.max_connections} fit into no db.t4g class"
        )
        yield Problem("", path, None, need, "Name a larger one, such as db.r7g.2xlarge")
        return
    if not name.startswith("db."):
        yield Problem("", path, name, "is no class of RDS", "Name one like db.m7g.large")
        return
    size = sizes.INSTANCE_CLASSES.get(name)
    if size is None:
        return
    better = sizes.instance_class(postgres.cpu, postgres.memory, postgres.max_connections)
    larger = f"Choose {better} or a larger one" if better else "Choose a larger one"
    if size.memory < postgres.memory:
        message = f"has {size_text(size.memory)}, less than postgres.memory = {size_text(postgres.memory)}"
        yield Problem("", path, name, message, f"{larger}, or lower postgres.memory")
    elif size.connections < postgres.max_connections:
        wanted = f"postgres.maxConnections = {postgres.max_connections}"
        message = f"holds {size.connections} connections, fewer than {wanted}"
        fix = f"{larger}, or lower postgres.maxConnections to {size.connections}"
        yield Problem("", path, name, message, fix)


def redis_problems(topology: Topology, settings: EcsSettings) -> Iterator[Problem]:
    """What ElastiCache or its nodes can't do."""
    redis = topology.redis
    if redis.mode == "external":
        return
    if engine(topology, settings) is None:
        known = sorted(version for name, version in _ENGINES if name == settings.redis.engine)
        message = f"ElastiCache has {settings.redis.engine} {' and '.join(map(str, known))}"
        other = "valkey" if settings.redis.engine == "redis" else "redis"
        fix = f"Choose one of them, or set agno-ha:ecs.redis.engine to {other}"
        yield Problem("", "topology.redis.version", str(redis.version), message, fix)
    path = "agno-ha:ecs.redis.nodeType"
    name = node_type(topology, settings)
    if name is None:
        message = f"redis.memory = {size_text(redis.memory)} fits into no cache.t4g type"
        yield Problem("", path, None, message, "Name a larger one, such as cache.r7g.large")
        return
    if not name.startswith("cache."):
        yield Problem("", path, name, "is no node type of ElastiCache", "Name one like cache.m7g.large")
        return
    size = sizes.NODE_TYPES.get(name)
    if size is not None and size < redis.memory:
        message = f"holds {size_text(size)}, less than redis.memory = {size_text(redis.memory)}"
        better = sizes.node_type(redis.memory)
        larger = f"Choose {better} or a larger one" if better else "Choose a larger one"
        yield Problem("", path, name, message, f"{larger}, or lower redis.memory")
