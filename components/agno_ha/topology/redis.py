"""Redis: cancellation, event streams, the durable queue, and sessions where chosen."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, ClassVar, Literal

from pydantic import BeforeValidator, Field, WithJsonSchema

from agno_ha.topology.base import Between, Conflict, Cores, Matching, Port, Section, Whole
from agno_ha.topology.store import External, StopGrace, Storage, Store, StoreMemory
from agno_ha.topology.units import GiB, MiB, Size, TiB, size_text

_Fsync = Annotated[
    Literal["everysec", "always", "no"],
    BeforeValidator(lambda value: "no" if value is False else value),  # YAML reads a bare no as false
    WithJsonSchema({"enum": ["everysec", "always", "no", False]}),
]


class Persistence(Section):
    """What survives a restart."""

    appendonly: bool = True
    """Log every write (AOF); default true: the queue and sessions must survive a restart."""

    fsync: _Fsync = "everysec"
    """When the log reaches the disk: `everysec` (default: a crash loses a second), `always` or `no`."""


class ExternalRedis(External):
    """A Redis that somebody else runs, not in cluster mode, which Agno's queue does not speak."""

    port: Port = 6379
    """Port; default 6379."""

    tls: bool = True
    """Encrypted; default true."""

    username: Annotated[str, Matching(r"[^\s\x00-\x1f]+", "must be one word", "Remove the spaces")] | None = (
        None
    )
    """ACL user; default null: Redis' default user."""


class Redis(Store):
    """The store of what instances share beside the database."""

    MANAGED_ONLY: ClassVar[frozenset[str]] = Store.MANAGED_ONLY | {
        "maxmemory",
        "maxmemoryPolicy",
        "persistence",
    }

    version: Annotated[Whole, Between(6, 8)] = 7
    """Major version; default 7, what this was measured with."""

    maxmemory: Annotated[Size, Between(MiB, 4 * TiB, size_text)] = 256 * MiB
    """Data at most; default 256MiB, half of memory; at most 75% of memory with appendonly, 80% without."""

    maxmemory_policy: Literal[
        "noeviction",
        "allkeys-lru",
        "allkeys-lfu",
        "allkeys-random",
        "volatile-lru",
        "volatile-lfu",
        "volatile-random",
        "volatile-ttl",
    ] = "noeviction"
    """What goes when it is full; default noeviction: it holds the queue, and a full one must say so."""

    persistence: Persistence = Field(default_factory=Persistence)
    """What survives a restart."""

    cpu: Cores = 0.5
    """Cores; default 0.5: Redis uses one thread."""

    memory: StoreMemory = 512 * MiB
    """Memory; default 512MiB, twice maxmemory."""

    storage: Storage = 5 * GiB
    """Size of the volume, where the target has sized volumes; default 5GiB."""

    stop_grace: StopGrace = 60.0
    """Time to stop before SIGKILL; default 60s, to write the log."""

    external: ExternalRedis = Field(default_factory=ExternalRedis)
    """Where the server is, when external."""

    @property
    def memory_needed(self) -> int:
        """Bytes: maxmemory and what allocator, clients and, with appendonly, the rewriting fork take.

        >>> size_text(Redis(maxmemory="384MiB").memory_needed)
        '512MiB'
        """
        percent = 75 if self.persistence.appendonly else 80
        return -(-self.maxmemory * 100 // percent)

    def settings(self) -> dict[str, str]:
        """Server settings by their native names; maxmemory in bytes."""
        return {
            "maxmemory": str(self.maxmemory),
            "maxmemory-policy": self.maxmemory_policy,
            "appendonly": "yes" if self.persistence.appendonly else "no",
            "appendfsync": self.persistence.fsync,
        }

    def server_args(self) -> list[str]:
        """`settings()` as `--name value` pairs."""
        return [part for name, value in self.settings().items() for part in (f"--{name}", value)]

    def conflicts(self) -> Iterator[Conflict]:
        """Data and its overhead fit into memory."""
        yield from super().conflicts()
        if self.mode == "managed" and self.memory_needed > self.memory:
            percent = 75 if self.persistence.appendonly else 80
            yield Conflict(
                "maxmemory",
                f"more than {percent}% of redis.memory = {size_text(self.memory)}",
                f"Lower it to {size_text(self.memory * percent // 100 // MiB * MiB)}, or raise redis.memory",
            )
