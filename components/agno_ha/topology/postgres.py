"""Postgres: Agno's database."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import Field

from agno_ha.topology.base import Between, Conflict, Cores, Matching, Port, Section, Whole
from agno_ha.topology.pool import Pool, Pooler
from agno_ha.topology.store import External, Retention, StopGrace, Storage, Store, StoreMemory
from agno_ha.topology.units import (
    DAY,
    Duration,
    GiB,
    KiB,
    MiB,
    Size,
    TiB,
    duration_text,
    size_text,
)

_Identifier = Annotated[
    str,
    Matching(
        r"(?!pg_)[a-z_][a-z0-9_]{0,62}",
        "must be a plain Postgres name",
        "Use up to 63 lower-case letters, digits and _, no digit and no pg_ first",
    ),
]
_Timeout = Annotated[Duration, Between(0, DAY, duration_text)]


class Backups(Section):
    """Backups of a managed database."""

    retention: Retention = 7 * DAY
    """How long backups are kept; default 7d; 0s: none."""


class ExternalPostgres(External):
    """A Postgres that somebody else runs."""

    port: Port = 5432
    """Port; default 5432."""

    ssl_mode: Literal["disable", "require", "verify-ca", "verify-full"] = "require"
    """libpq's sslmode; default require: encrypted; `verify-full` also checks who answers."""


class Postgres(Store):
    """The database."""

    MANAGED_ONLY: ClassVar[frozenset[str]] = Store.MANAGED_ONLY | {
        "sharedBuffers",
        "effectiveCacheSize",
        "workMem",
        "statementTimeout",
        "idleInTransactionTimeout",
        "backups",
    }

    version: Annotated[Whole, Between(13, 18)] = 15
    """Major version; default 15, what this was measured with."""

    database: _Identifier = "agno"
    """Database name; default agno."""

    user: _Identifier = "agno"
    """Role of the app; default agno."""

    max_connections: Annotated[Whole, Between(5, 10_000)] = 200
    """Connections that the server admits; default 200. Of an external server: what it is set to."""

    reserved_connections: Annotated[Whole, Between(0, 1000)] = 10
    """Of these, kept for operators (superuser_reserved_connections); default 10."""

    shared_buffers: Annotated[Size, Between(128 * KiB, TiB, size_text)] = 128 * MiB
    """Postgres' own cache; default 128MiB, Postgres' default; at most 40% of memory."""

    effective_cache_size: Annotated[Size, Between(MiB, 4 * TiB, size_text)] = 512 * MiB
    """What the planner assumes is cached, by Postgres and the kernel; default 512MiB, half of memory."""

    work_mem: Annotated[Size, Between(64 * KiB, 2 * GiB, size_text)] = 4 * MiB
    """Memory of one sort or hash; default 4MiB, Postgres' default."""

    statement_timeout: _Timeout = 60.0
    """Longest statement; default 60s; 0s: no limit."""

    idle_in_transaction_timeout: _Timeout = 60.0
    """Longest idle transaction; default 60s, so that a frozen instance keeps no lock; 0s: no limit."""

    cpu: Cores = 1.0
    """Cores; default 1."""

    memory: StoreMemory = GiB
    """Memory; default 1GiB: caches and 200 connections."""

    storage: Storage = 10 * GiB
    """Size of the volume, where the target has sized volumes; default 10GiB."""

    backups: Backups = Field(default_factory=Backups)
    """Backups, where the target has them."""

    stop_grace: StopGrace = 120.0
    """Time to stop before SIGKILL; default 120s, a checkpoint of a busy server."""

    pool: Pool = Field(default_factory=Pool)
    """The connection pool of each worker process."""

    pooler: Pooler = Field(default_factory=Pooler)
    """PgBouncer, or RDS Proxy, between app and database."""

    external: ExternalPostgres = Field(default_factory=ExternalPostgres)
    """Where the server is, when external."""

    @property
    def usable_connections(self) -> int:
        """What is left for the app."""
        return self.max_connections - self.reserved_connections

    def settings(self) -> dict[str, str]:
        """Server settings by their native names.

        >>> Postgres().settings()["shared_buffers"], Postgres().settings()["statement_timeout"]
        ('131072kB', '60000ms')
        """
        return {
            "max_connections": str(self.max_connections),
            "superuser_reserved_connections": str(self.reserved_connections),
            "shared_buffers": f"{self.shared_buffers // KiB}kB",
            "effective_cache_size": f"{self.effective_cache_size // KiB}kB",
            "work_mem": f"{self.work_mem // KiB}kB",
            "statement_timeout": f"{round(self.statement_timeout * 1000)}ms",
            "idle_in_transaction_session_timeout": f"{round(self.idle_in_transaction_timeout * 1000)}ms",
        }

    def server_args(self) -> list[str]:
        """`settings()` as `-c name=value` pairs."""
        return [part for name, value in self.settings().items() for part in ("-c", f"{name}={value}")]

    def conflicts(self) -> Iterator[Conflict]:
        """Caches fit into memory, and connections into the limit."""
        yield from super().conflicts()
        if self.reserved_connections >= self.max_connections:
            yield Conflict(
                "reservedConnections",
                f"leaves none of postgres.maxConnections = {self.max_connections}",
                "Lower it, or raise maxConnections",
            )
        if self.mode == "external":
            return
        if self.shared_buffers * 10 > self.memory * 4:
            yield Conflict(
                "sharedBuffers",
                f"more than 40% of postgres.memory = {size_text(self.memory)}",
                f"Lower it to {size_text(self.memory * 4 // 10 // MiB * MiB)}, or raise postgres.memory",
            )
        if self.effective_cache_size > self.memory:
            yield Conflict(
                "effectiveCacheSize",
                f"more than postgres.memory = {size_text(self.memory)}",
                "Lower it, or raise postgres.memory",
            )
