"""Pure arithmetic on a topology: connection budget, memory budget, largest safe `scaling.max`.

Worked example, twenty instances of two workers on a server with the default limits:

>>> from agno_ha.topology import Topology
>>> topology = Topology.model_validate({
...     "app": {"workers": 2},
...     "scaling": {"max": 20},
...     "postgres": {"pool": {"size": 5, "overflow": 10}},
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

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cached_property

from agno_ha.memory import Memory, budget
from agno_ha.topology import Topology
from agno_ha.topology.problem import Problem


@dataclass(frozen=True)
class Capacity:
    """What a topology needs against what it has, at `scaling.max` with `surge`."""

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
    def poolers(self) -> int:
        """Poolers with server connections at a time: an old PgBouncer drains beside the new one, RDS Proxy is one."""
        return 2 if self.topology.postgres.pooler.enabled and self.target != "ecs" else 1

    @property
    def connections_usable(self) -> int:
        """Server connections that are left beside those reserved for operators."""
        return self.topology.postgres.usable_connections

    @cached_property
    def memory(self) -> tuple[Memory, ...]:
        """Every container's memory, in the order of the topology; AWS sizes its load balancer and RDS Proxy itself."""
        connections = min(self.poolers * self.connections_needed, self.connections_usable)
        every = budget(self.topology, connections + self.topology.postgres.reserved_connections)
        none = {"loadBalancer.memory", "postgres.pooler.memory"} if self.target == "ecs" else set()
        return tuple(entry for entry in every if entry.path not in none)

    @property
    def fits(self) -> bool:
        """Whether there is nothing to correct."""
        return not self.problems()

    @cached_property
    def largest_safe_max(self) -> int:
        """The largest `scaling.max` whose connections, and Postgres' memory for them, hold; 0 when none does.

        The surge stays in proportion to max.
        """
        return _largest(lambda instances: self._at(instances)._holds())

    def problems(self) -> list[Problem]:
        """Every budget that does not hold."""
        return [
            *self._pooler_problems(),
            *self._connection_problems(),
            *filter(None, (entry.problem() for entry in self.memory)),
        ]

    def facts(self) -> dict[str, int | float | str | bool]:
        """Plain scalars for policies and reports: bytes, seconds; 0 for what is off or another's (`facts.FACTS`)."""
        app, postgres, redis = self.topology.app, self.topology.postgres, self.topology.redis
        scaling, balancer = self.topology.scaling, self.topology.load_balancer
        pool, pooler = postgres.pool, postgres.pooler
        managed = postgres.mode == "managed"
        containers = {entry.path: entry for entry in self.memory}
        facts: dict[str, int | float | str | bool] = {
            "min": scaling.min,
            "max": scaling.max,
            "surge": self.surge,
            "scaleCpu": scaling.cpu or 0.0,
            "scaleMemory": scaling.memory or 0.0,
            "scaleRequests": scaling.requests_per_second or 0.0,
            "cooldownOut": scaling.cooldown.out,
            "cooldownIn": scaling.cooldown.in_,
            "workers": app.workers,
            "poolSize": pool.size,
            "poolOverflow": pool.overflow,
            "poolTimeout": pool.timeout,
            "connectionsNeeded": self.connections_needed,
            "connectionsUsable": self.connections_usable,
            "maxConnections": postgres.max_connections,
            "reservedConnections": postgres.reserved_connections,
            "schedulerConnections": self.connections(0)["scheduler"],
            "pooler": pooler.enabled,
            "poolerMode": pooler.mode,
            "poolerPoolSize": pooler.pool_size,
            "poolerMaxClientConnections": pooler.max_client_connections,
            "drainDelay": app.drain.delay,
            "drainTimeout": app.drain.timeout,
            "drainGrace": app.drain.grace,
            "idleTimeout": balancer.idle_timeout,
            "longestSilence": app.longest_silence,
            "tls": balancer.tls.mode,
            "authentication": app.authentication,
            "sessionStore": self.topology.sessions.store,
            "largestSafeMax": self.largest_safe_max,
            "postgresMode": postgres.mode,
            "postgresTls": not managed and postgres.external.ssl_mode != "disable",
            "sharedBuffers": postgres.shared_buffers if managed else 0,
            "effectiveCacheSize": postgres.effective_cache_size if managed else 0,
            "workMem": postgres.work_mem if managed else 0,
            "redisMode": redis.mode,
            "redisTls": redis.mode == "external" and redis.external.tls,
            "maxmemory": redis.maxmemory if redis.mode == "managed" else 0,
            "maxmemoryPolicy": redis.maxmemory_policy,
            "appendonly": redis.persistence.appendonly,
        }
        for name in ("app", "postgres", "redis"):
            entry = containers.get(f"{name}.memory")
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

    def _holds(self) -> bool:
        """Whether everything that grows with max holds."""
        postgres = (entry for entry in self.memory if entry.path == "postgres.memory")
        return self.clients <= self._bound and all(entry.needed <= entry.limit for entry in postgres)

    @property
    def _bound(self) -> int:
        """The limit of `clients`."""
        pooler = self.topology.postgres.pooler
        if not pooler.enabled:
            return self.connections_usable
        return pooler.max_client_connections if pooler.mode == "transaction" else pooler.pool_size

    def _pooler_problems(self) -> list[Problem]:
        postgres, usable = self.topology.postgres, self.connections_usable
        size = postgres.pooler.pool_size
        if not postgres.pooler.enabled or self.poolers * size <= usable:
            return []
        peak = f"{size} × {self.poolers} while it is replaced > " if self.poolers > 1 else "more than the "
        message = f"{peak}{usable} usable of postgres.maxConnections = {postgres.max_connections}"
        fix = f"Lower it to {usable // self.poolers}, or raise maxConnections"
        return [Problem("", "topology.postgres.pooler.poolSize", str(size), message, fix)]

    def _connection_problems(self) -> list[Problem]:
        if self.clients <= self._bound:
            return []
        postgres, scaling, workers = self.topology.postgres, self.topology.scaling, self.topology.app.workers
        instances = f"({scaling.max} + {self.surge} while rolling)" if self.surge else f"{scaling.max}"
        scheduler = f" + {self._pool} of the scheduler" if self.topology.app.scheduler.enabled else ""
        if not postgres.pooler.enabled:
            limit = f"{self._bound} usable of postgres.maxConnections = {postgres.max_connections}"
            otherwise = "enable postgres.pooler"
        elif postgres.pooler.mode == "transaction":
            limit = f"postgres.pooler.maxClientConnections = {self._bound}"
            otherwise = f"raise postgres.pooler.maxClientConnections to {self.clients}"
        else:
            limit = f"postgres.pooler.poolSize = {self._bound}, and in session mode every client keeps one"
            otherwise = "set postgres.pooler.mode to transaction"
        message = (
            f"{instances} × {workers} worker{'s' if workers > 1 else ''} × {self._pool} connections"
            f"{scheduler} = {self.clients} > {limit}"
        )
        fix = f"{self._lower()}, or {otherwise}"
        return [Problem("", "topology.scaling.max", str(scaling.max), message, fix)]

    def _lower(self) -> str:
        # Where Postgres' memory holds for no number, its own problem says so.
        safe = self.largest_safe_max or _largest(lambda instances: self._at(instances).clients <= self._bound)
        if safe >= self.topology.scaling.min:
            return f"Lower scaling.max to {safe}"
        if safe:
            return f"Lower scaling.min and scaling.max to {safe}"
        return "Lower app.workers or postgres.pool"


def assess(topology: Topology, *, surge: int, target: str) -> Capacity:
    """Assess a topology.

    Args:
        topology: what is deployed.
        surge: instances beside `scaling.max` while all are replaced; on Docker as many again, because a drain
            may outlast the roll.
        target: `docker`, `kubernetes` or `ecs`.
    """
    return Capacity(topology, surge, target)


def _largest(holds: Callable[[int], bool]) -> int:
    """Find the last of 1 to 1000 that holds; 0 if none does. What holds for a number holds for all below."""
    low, high = 0, 1000
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if holds(middle) else (low, middle - 1)
    return low
