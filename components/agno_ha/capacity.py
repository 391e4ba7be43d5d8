"""Pure arithmetic on a topology: connection budget, memory budget, headroom, largest safe `scaling.max`.

Worked example, twenty instances of two workers on a server with the default limits:

>>> from agno_ha.topology import Topology
>>> topology = Topology.model_validate({
...     "app": {"workers": 2},
...     "scaling": {"max": 20},
...     "postgres": {"pool": {"size": 5, "overflow": 10}, "memory": "2GiB"},
... })
>>> capacity = assess(topology, surge=20, target="docker")
>>> capacity.connections(topology.scaling.min)
{'web': 60, 'rolling': 0, 'scheduler': 0}
>>> capacity.connections(topology.scaling.max, surge=20)
{'web': 600, 'rolling': 600, 'scheduler': 0}
>>> capacity.connections_needed, capacity.connections_usable, capacity.largest_safe_max
(1200, 190, 3)
>>> print(*capacity.problems())  # doctest: +NORMALIZE_WHITESPACE
topology.scaling.max = 20: (20 + 20 while rolling) × 2 workers × 15 connections = 1200 > 190 usable of
postgres.maxConnections = 200. Lower scaling.max to 3, or enable postgres.pooler.

The peak is what the pools may open, without slack: every worker process has one engine that opens at most
size + overflow connections, and while a roll lasts old instances drain beside new ones. The schema step adds
nothing to it: it runs before its instance serves, on at most 2 connections, and no pool is smaller than that.
"""
# ruff: noqa: RUF001, RUF002, RUF003 (× is the multiplication sign)

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cached_property

from agno_ha.topology import Topology
from agno_ha.topology.problem import Problem
from agno_ha.topology.units import KiB, MiB, size_text

WORKER = 170 * MiB
"""A worker process under load: 166 MB were seen (agno-facts.md, rough figures)."""

LAUNCHER = 40 * MiB
"""The process that starts the workers."""

DEMO_MODEL = 60 * MiB
"""The demo model's own process, where no model is configured: an ASGI server with one route."""

POSTGRES_BASE = 48 * MiB
"""Postmaster, checkpointer, writers, autovacuum launcher."""

POSTGRES_CONNECTION = 3 * MiB
"""Private memory of a backend with warm caches."""

SORTING = 4
"""One connection of so many sorts or hashes at a time: Agno reads and writes by key, lists are the exception."""

NGINX = 64 * MiB
"""Workers, and buffers of about a thousand connections."""

POOLER_BASE = 16 * MiB
POOLER_CLIENT = 16 * KiB
"""PgBouncer, and each of its clients with TLS off."""


@dataclass(frozen=True)
class Memory:
    """Memory of one container, in bytes."""

    path: str
    """The setting that limits it, such as `app.memory`."""

    needed: int
    limit: int
    explanation: str
    """How `needed` comes about."""

    fix: str
    """What else would help, beside raising the limit."""


@dataclass(frozen=True)
class Capacity:
    """What a topology needs against what it has; all of it at `scaling.max` with `surge` unless said otherwise."""

    topology: Topology
    surge: int
    """Instances beside `scaling.max` while all are replaced."""

    target: str

    def connections(self, instances: int, surge: int = 0) -> dict[str, int]:
        """Connections that each user opens at most: to Postgres, or to the pooler where there is one."""
        each = self.topology.app.workers * self._pool
        return {
            "web": instances * each,
            "rolling": surge * each,
            "scheduler": self._pool if self.topology.app.scheduler.enabled else 0,
        }

    @cached_property
    def clients(self) -> int:
        """Connections that the app opens at the peak."""
        return sum(self.connections(self.topology.scaling.max, self.surge).values())

    @property
    def connections_needed(self) -> int:
        """Server connections at the peak; the pooler opens no more than its `poolSize`."""
        pooler = self.topology.postgres.pooler
        return min(self.clients, pooler.pool_size) if pooler.enabled else self.clients

    @property
    def connections_usable(self) -> int:
        """Server connections that are left beside those reserved for operators."""
        return self.topology.postgres.usable_connections

    @property
    def headroom(self) -> int:
        """Server connections still free at the peak; negative when the budget does not hold."""
        return self.connections_usable - self.connections_needed

    @cached_property
    def memory(self) -> tuple[Memory, ...]:
        """The containers whose memory this can tell, in the order of the topology."""
        return tuple(self._memory())

    @property
    def fits(self) -> bool:
        """Whether there is nothing to correct."""
        return not self.problems()

    @cached_property
    def largest_safe_max(self) -> int:
        """The largest `scaling.max` whose connections, and Postgres' memory for them, hold; 0 when none does.

        The surge stays in proportion to max.
        """
        return _largest(lambda instances: self._at(instances)._scales())

    def problems(self) -> list[Problem]:
        """Every budget that does not hold."""
        return [*self._connection_problems(), *self._memory_problems()]

    def facts(self) -> dict[str, int | float | str | bool]:
        """Plain scalars for policies and reports: sizes in bytes, durations in seconds; 0 for an external store."""
        app, postgres = self.topology.app, self.topology.postgres
        pool, pooler = postgres.pool, postgres.pooler
        memory = {entry.path: entry for entry in self.memory}
        facts: dict[str, int | float | str | bool] = {
            "min": self.topology.scaling.min,
            "max": self.topology.scaling.max,
            "surge": self.surge,
            "workers": app.workers,
            "poolSize": pool.size,
            "poolOverflow": pool.overflow,
            "poolTimeout": pool.timeout,
            "connectionsNeeded": self.connections_needed,
            "connectionsUsable": self.connections_usable,
            "maxConnections": postgres.max_connections,
            "reservedConnections": postgres.reserved_connections,
            "pooler": pooler.enabled,
            "poolerPoolSize": pooler.pool_size,
            "poolerMaxClientConnections": pooler.max_client_connections,
            "drainDelay": app.drain.delay,
            "drainTimeout": app.drain.timeout,
            "drainGrace": app.drain.grace,
            "tls": self.topology.load_balancer.tls.mode,
            "authentication": app.authentication,
            "sessionStore": self.topology.sessions.store,
            "largestSafeMax": self.largest_safe_max,
        }
        for name in ("app", "postgres", "redis"):
            entry = memory.get(f"{name}.memory")
            facts[f"{name}Memory"] = entry.limit if entry else 0
            facts[f"{name}MemoryNeeded"] = entry.needed if entry else 0
        return facts

    @property
    def _pool(self) -> int:
        return self.topology.postgres.pool.size + self.topology.postgres.pool.overflow

    def _at(self, instances: int) -> Capacity:
        scaling = self.topology.scaling
        surge = -(-self.surge * instances // scaling.max)
        changed = self.topology.model_copy(update={"scaling": scaling.model_copy(update={"max": instances})})
        return replace(self, topology=changed, surge=surge)

    def _scales(self) -> bool:
        """Whether everything that grows with max holds."""
        postgres = [entry for entry in self.memory if entry.path == "postgres.memory"]
        return not self._connection_problems() and all(entry.needed <= entry.limit for entry in postgres)

    def _connection_problems(self) -> list[Problem]:
        pooler, usable = self.topology.postgres.pooler, self.connections_usable
        if not pooler.enabled:
            limit = f"{usable} usable of postgres.maxConnections = {self.topology.postgres.max_connections}"
            return self._over(usable, limit, "enable postgres.pooler")
        if pooler.mode == "session":
            return self._over(
                pooler.pool_size,
                f"postgres.pooler.poolSize = {pooler.pool_size}, and in session mode every client keeps one",
                "set postgres.pooler.mode to transaction",
            )
        return self._over(
            pooler.max_client_connections,
            f"postgres.pooler.maxClientConnections = {pooler.max_client_connections}",
            f"raise postgres.pooler.maxClientConnections to {self.clients}",
        )

    def _over(self, bound: int, limit: str, otherwise: str) -> list[Problem]:
        if self.clients <= bound:
            return []
        scaling, workers = self.topology.scaling, self.topology.app.workers
        instances = f"({scaling.max} + {self.surge} while rolling)" if self.surge else f"{scaling.max}"
        scheduler = f" + {self._pool} of the scheduler" if self.topology.app.scheduler.enabled else ""
        message = (
            f"{instances} × {workers} worker{'s' if workers > 1 else ''} × {self._pool} connections{scheduler}"
            f" = {self.clients} > {limit}"
        )
        return [
            Problem(
                "", "topology.scaling.max", str(scaling.max), message, f"{self._lower(bound)}, or {otherwise}"
            )
        ]

    def _lower(self, bound: int) -> str:
        safe = _largest(lambda instances: self._at(instances).clients <= bound)
        if safe >= self.topology.scaling.min:
            return f"Lower scaling.max to {safe}"
        if safe:
            return f"Lower scaling.min and scaling.max to {safe}"
        return "Lower app.workers or postgres.pool"

    def _memory(self) -> Iterator[Memory]:
        app, postgres, redis = self.topology.app, self.topology.postgres, self.topology.redis
        demo = not (
            app.model.id or app.model.base_url or "OPENAI_API_KEY" in app.secrets or app.agents or app.image
        )
        overhead = LAUNCHER + (DEMO_MODEL if demo else 0)
        what = f"{size_text(overhead)} for the launcher{' and the demo model' if demo else ''}"
        yield Memory(
            "app.memory",
            app.workers * WORKER + overhead,
            app.memory,
            f"{app.workers} worker{'s' if app.workers > 1 else ''} × {size_text(WORKER)} + {what}",
            "lower app.workers",
        )
        if app.scheduler.enabled:
            yield Memory(
                "app.scheduler.memory",
                WORKER + overhead,
                app.scheduler.memory,
                f"a worker of {size_text(WORKER)} + {what}",
                "disable app.scheduler",
            )
        yield Memory(
            "loadBalancer.memory",
            NGINX,
            self.topology.load_balancer.memory,
            "nginx and a thousand connections",
            "",
        )
        if postgres.mode == "managed":
            connections = (
                min(self.connections_needed, self.connections_usable) + postgres.reserved_connections
            )
            each = POSTGRES_CONNECTION + postgres.work_mem // SORTING
            yield Memory(
                "postgres.memory",
                postgres.shared_buffers + POSTGRES_BASE + connections * each,
                postgres.memory,
                f"sharedBuffers {size_text(postgres.shared_buffers)} + {size_text(POSTGRES_BASE)} + {connections}"
                f" connections × {size_text(each)}",
                "lower scaling.max, or enable postgres.pooler",
            )
        if postgres.pooler.enabled:
            yield Memory(
                "postgres.pooler.memory",
                POOLER_BASE + postgres.pooler.max_client_connections * POOLER_CLIENT,
                postgres.pooler.memory,
                f"{size_text(POOLER_BASE)} + {postgres.pooler.max_client_connections} clients × {size_text(POOLER_CLIENT)}",
                "lower postgres.pooler.maxClientConnections",
            )
        if redis.mode == "managed":
            yield Memory(
                "redis.memory",
                redis.memory_needed,
                redis.memory,
                "maxmemory and its overhead",
                "lower redis.maxmemory",
            )

    def _memory_problems(self) -> list[Problem]:
        return [
            Problem(
                "",
                f"topology.{entry.path}",
                size_text(entry.limit),
                f"{entry.explanation} = {size_text(_round_up(entry.needed))}",
                f"Raise {entry.path} to {size_text(_round_up(entry.needed))}"
                + (f", or {entry.fix}" if entry.fix else ""),
            )
            for entry in self.memory
            if entry.needed > entry.limit
        ]


def assess(topology: Topology, *, surge: int, target: str) -> Capacity:
    """Assess a topology.

    Args:
        topology: what is deployed.
        surge: instances beside `scaling.max` while all are replaced; Docker: as many again, a drain may outlast the roll.
        target: `docker`, `kubernetes` or `ecs`.
    """
    return Capacity(topology, surge, target)


def _largest(holds: Callable[[int], bool]) -> int:
    """Find the last of 1, 2, … 1000 that holds; 0 if none does. What holds for a number holds for all below it."""
    low, high = 0, 1000
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low


def _round_up(size: int) -> int:
    return -(-size // MiB) * MiB
