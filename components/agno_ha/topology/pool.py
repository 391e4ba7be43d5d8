"""The app's connection pool, and the pooler between it and Postgres."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from agno_ha.topology.base import Between, Conflict, Cores, Section, Whole
from agno_ha.topology.units import DAY, HOUR, MINUTE, Duration, MiB, Size, TiB, duration_text, size_text


class Pool(Section):
    """The connection pool of each worker process (SQLAlchemy)."""

    size: Annotated[Whole, Between(1, 1000)] = 5
    """Connections kept open; default 5."""

    overflow: Annotated[Whole, Between(0, 1000)] = 5
    """Further connections under load; default 5; the budget counts size + overflow."""

    timeout: Annotated[Duration, Between(0.1, HOUR, duration_text)] = 10.0
    """Wait for a free connection before a request is refused; default 10s."""

    recycle: Annotated[Duration, Between(10, 7 * DAY, duration_text)] = HOUR
    """Age at which a connection is replaced; default 3600s, below what firewalls forget."""

    connect_timeout: Annotated[Duration, Between(1, 5 * MINUTE, duration_text)] = 5.0
    """Time to open a connection; default 5s."""

    def conflicts(self) -> Iterator[Conflict]:
        """Room for the schema step."""
        if self.size + self.overflow < 2:
            yield Conflict(
                "overflow",
                "leaves a pool of 1 connection; ensuring the schema takes 2, one of which holds the lock",
                "Raise postgres.pool.overflow or postgres.pool.size",
            )


class Pooler(Section):
    """PgBouncer (RDS Proxy on ECS): many client connections share few server connections."""

    enabled: bool = False
    """Default false: needed when the connection budget does not hold otherwise."""

    mode: Literal["session", "transaction"] = "transaction"
    """`transaction` (default: a server connection is held for one transaction) or `session` (as long as the
    client is connected, and the app's pools stay connected: it limits, it does not share)."""

    pool_size: Annotated[Whole, Between(1, 10_000)] = 50
    """Server connections; default 50."""

    max_client_connections: Annotated[Whole, Between(1, 100_000)] = 500
    """Client connections; default 500."""

    cpu: Cores = 0.5
    """Cores; default 0.5: PgBouncer uses one thread."""

    memory: Annotated[Size, Between(16 * MiB, TiB, size_text)] = 128 * MiB
    """Memory; default 128MiB."""

    def conflicts(self) -> Iterator[Conflict]:
        """More clients than servers."""
        if self.max_client_connections < self.pool_size:
            yield Conflict(
                "maxClientConnections",
                f"less than postgres.pooler.poolSize = {self.pool_size}",
                "Raise it, or lower poolSize",
            )
