"""Prometheus metrics of one process, or of all workers together where PROMETHEUS_MULTIPROC_DIR is set."""

import asyncio
import contextlib
import os
from pathlib import Path
from typing import TYPE_CHECKING

from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Gauge,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import QueuePool

if TYPE_CHECKING:
    from agno_ha_image.postgres import Postgres

CONTENT_TYPE = CONTENT_TYPE_LATEST
_SECONDS = (0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 120, 300, 600)

POOL_IN_USE = Gauge("agno_db_pool_in_use", "Postgres connections in use", multiprocess_mode="livesum")
POOL_SIZE = Gauge("agno_db_pool_size", "Postgres connections kept by the pool", multiprocess_mode="livesum")
POOL_OVERFLOW = Gauge(
    "agno_db_pool_overflow", "Connections beyond the pool's size", multiprocess_mode="livesum"
)
POOL_LIMIT = Gauge(
    "agno_db_pool_limit", "The most connections that the pool opens", multiprocess_mode="livesum"
)
QUEUE_DEPTH = Gauge(
    "agno_queue_depth", "Accepted background runs that wait, fleet-wide", multiprocess_mode="mostrecent"
)
INSTANCE = Gauge(
    "agno_instance_info",
    "This instance",
    ["instance", "role", "os_id", "agno"],
    multiprocess_mode="mostrecent",
)
DRAINING = Gauge("agno_instance_draining", "1 while the instance drains", multiprocess_mode="mostrecent")
RUNS = Counter("agno_runs", "Runs by outcome", ["outcome"])
RUN_SECONDS = Histogram("agno_run_duration_seconds", "Runs answered by this instance", buckets=_SECONDS)
REQUESTS = Counter(
    "agno_http_requests", "HTTP requests by route template and status", ["method", "route", "status"]
)
REQUEST_SECONDS = Histogram(
    "agno_http_request_duration_seconds", "Time to the end of the response", ["route"], buckets=_SECONDS
)


def sample_pool(engine: AsyncEngine) -> None:
    """Bring the pool's gauges up to date."""
    pool = engine.pool
    if isinstance(pool, QueuePool):
        POOL_IN_USE.set(pool.checkedout())
        POOL_SIZE.set(pool.size())
        POOL_OVERFLOW.set(max(0, pool.overflow()))
        POOL_LIMIT.set(pool.size() + pool._max_overflow)


async def sample(database: "Postgres", interval: float = 5.0) -> None:
    """Sample the pool and the queue for ever; a store that is down leaves the last value."""
    while True:
        sample_pool(database.db_engine)
        with contextlib.suppress(Exception):  # readiness reports a store that is down
            QUEUE_DEPTH.set(await database.count_queued_jobs())
        await asyncio.sleep(interval)


def forget_dead_workers() -> None:
    """Drop the live gauges of workers that no longer exist."""
    if directory := os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        pids = {int(path.stem.rpartition("_")[2]) for path in Path(directory).glob("gauge_live*_*.db")}
        for pid in pids:
            if not Path(f"/proc/{pid}").exists():
                mark_process_dead(pid)  # type: ignore[no-untyped-call]


def exposition() -> bytes:
    """The metrics in Prometheus' text format."""
    if not os.environ.get("PROMETHEUS_MULTIPROC_DIR"):
        return generate_latest(REGISTRY)
    registry = CollectorRegistry()
    MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return generate_latest(registry)
