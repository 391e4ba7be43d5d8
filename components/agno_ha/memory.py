"""Memory budget: what each container of a topology takes at its peak."""
# ruff: noqa: RUF001, RUF003 (× is the multiplication sign)

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from agno_ha.topology import Topology
from agno_ha.topology.problem import Problem
from agno_ha.topology.units import KiB, MiB, mib_text, size_text

WORKER = 170 * MiB
"""A worker process under load: 166 MB seen with one agent on Postgres."""

LAUNCHER = 16 * MiB
"""Process 1 of the image, standard library only: 14 MB seen."""

SUPERVISOR = 60 * MiB
"""uvicorn's parent of several workers: 58 MB seen; a single worker has none."""

DEMO_MODEL = 70 * MiB
"""The demo model's process: 59 MB seen idle."""

POSTGRES_BASE = 48 * MiB
"""Postmaster and background processes, 14 MB seen on Postgres 15, and an autovacuum at work."""

POSTGRES_CONNECTION = 3 * MiB
"""Private memory of a backend: 2.2 MB seen on Postgres 15 after Agno's kind of reads and writes."""

SORTING = 4
"""One connection of so many sorts at a time: Agno reads and writes by key, lists are the exception."""

NGINX = 64 * MiB
"""nginx's workers, and buffers of about a thousand connections."""

POOLER_BASE = 16 * MiB
POOLER_CLIENT = 16 * KiB
"""PgBouncer: its process, and the buffers of each client."""


@dataclass(frozen=True)
class Memory:
    """Memory of one container, in bytes."""

    path: str
    """The setting that limits it, such as `app.memory`."""

    limit: int
    needed: int
    explanation: str
    """How `needed` comes about."""

    otherwise: str = ""
    """What helps beside raising the limit."""

    def problem(self) -> Problem | None:
        """What to say when it does not fit."""
        if self.needed <= self.limit:
            return None
        needed = mib_text(self.needed)
        fix = f"Raise {self.path} to {needed}" + (f", or {self.otherwise}" if self.otherwise else "")
        message = f"{self.explanation} = {needed} needed"
        return Problem("", f"topology.{self.path}", size_text(self.limit), message, fix)


def budget(topology: Topology, connections: int) -> Iterator[Memory]:
    """Every container's memory; `connections` is the number of Postgres' own at the peak.

    >>> [(entry.path, size_text(entry.needed)) for entry in budget(Topology(), connections=90)]
    ... # doctest: +NORMALIZE_WHITESPACE
    [('app.memory', '281MiB'), ('loadBalancer.memory', '89MiB'), ('postgres.memory', '536MiB'),
     ('redis.memory', '357913942B')]
    """
    app, postgres, redis = topology.app, topology.postgres, topology.redis
    upload = topology.load_balancer.body_limit
    yield _instance(topology, "app.memory", app.memory, app.workers, upload)
    if app.scheduler.enabled:
        yield _instance(topology, "app.scheduler.memory", app.scheduler.memory, 1)
    yield Memory(
        "loadBalancer.memory",
        topology.load_balancer.memory,
        NGINX + upload,
        f"nginx with a thousand connections {size_text(NGINX)} + bodyLimit {size_text(upload)}",
        "lower loadBalancer.bodyLimit",
    )
    if postgres.mode == "managed":
        each = POSTGRES_CONNECTION + postgres.work_mem // SORTING
        yield Memory(
            "postgres.memory",
            postgres.memory,
            postgres.shared_buffers + POSTGRES_BASE + connections * each,
            f"sharedBuffers {size_text(postgres.shared_buffers)} + {size_text(POSTGRES_BASE)}"
            f" + {connections} connections × {size_text(each)}",
            "lower postgres.pooler.poolSize"
            if postgres.pooler.enabled
            else "lower scaling.max or enable postgres.pooler",
        )
    if postgres.pooler.enabled:
        clients = postgres.pooler.max_client_connections
        yield Memory(
            "postgres.pooler.memory",
            postgres.pooler.memory,
            POOLER_BASE + clients * POOLER_CLIENT,
            f"{size_text(POOLER_BASE)} + {clients} clients × {size_text(POOLER_CLIENT)}",
            "lower postgres.pooler.maxClientConnections",
        )
    if redis.mode == "managed":
        # Its own model refuses what does not fit.
        yield Memory("redis.memory", redis.memory, redis.memory_needed, "maxmemory and its overhead")


def _instance(topology: Topology, path: str, limit: int, workers: int, upload: int = 0) -> Memory:
    app = topology.app
    demo_model = not (app.image or app.model.base_url or "OPENAI_API_KEY" in app.secrets)
    parts = [(f"{workers} × worker", workers * WORKER), ("launcher", LAUNCHER)]
    parts += [("supervisor", SUPERVISOR)] if workers > 1 else []
    parts += [("demo model", DEMO_MODEL)] if demo_model else []
    parts += [("bodyLimit", upload)] if upload else []  # in /tmp, which is memory
    explanation = " + ".join(f"{name} {size_text(size)}" for name, size in parts)
    lower = ["app.workers"] * (workers > 1) + ["loadBalancer.bodyLimit"] * bool(upload)
    otherwise = f"lower {' or '.join(lower)}" if lower else ""
    return Memory(path, limit, sum(size for _, size in parts), explanation, otherwise)
