"""Redis: the clients of one process, and agno's RedisDb as an async Db.

agno's RedisDb is synchronous and would stop the event loop for as long as Redis does; here it works in threads.
"""

import abc
import asyncio
import inspect
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import copy_context
from functools import partial, wraps
from typing import Any

import redis
import redis.asyncio
from agno.db.base import AsyncBaseDb
from agno.db.redis import RedisDb
from agno.db.redis.utils import create_index_entries, deserialize_data, generate_redis_key, serialize_data
from redis.asyncio.retry import Retry as AsyncRetry
from redis.backoff import EqualJitterBackoff
from redis.retry import Retry

from agno_ha_image.ledger import observe
from agno_ha_image.postgres import refuse_without_session, run_id_of, writing
from agno_ha_image.settings import Settings

BLOCK_SECONDS = 5
"""How long a tail of a run's events blocks in Redis; the socket's timeout must be longer."""
BACKOFF, RETRIES = EqualJitterBackoff(cap=2, base=0.5), 3
"""2.5 to 5 s in all, which a Redis that restarts needs; each attempt may wait for its timeout as well."""
CONNECTIONS = 1000
"""Of an async client, at most. redis-py's own are 100: as many viewers of background runs, each of whom holds one,
or events in a second of silence; and what finds none fails at once. Redis takes 10 000 of all together."""
PAUSE = 1.0
"""Seconds for which a client asks no more after it got no answer: a run makes ten calls, each with its retries."""


class _Patience:
    """What one client remembers of a Redis that is away."""

    def __init__(self) -> None:
        self.until = 0.0

    @contextmanager
    def tried(self) -> Iterator[None]:
        """Refuse where it was away just now; remember where it is."""
        if time.monotonic() < self.until:
            raise redis.ConnectionError("Redis was away just now")
        try:
            yield
        except redis.exceptions.MaxConnectionsError:
            raise
        except (redis.ConnectionError, redis.TimeoutError):
            self.until = time.monotonic() + PAUSE
            raise


class _AsyncClient(redis.asyncio.Redis):
    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments, retry=AsyncRetry(BACKOFF, RETRIES))
        self.patience = _Patience()

    async def execute_command(self, *args: Any, **options: Any) -> Any:
        with self.patience.tried():
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]


class _Client(redis.Redis):
    def __init__(self, **arguments: Any) -> None:
        super().__init__(**arguments, retry=Retry(BACKOFF, RETRIES))
        self.patience = _Patience()

    def execute_command(self, *args: Any, **options: Any) -> Any:
        with self.patience.tried():
            return super().execute_command(*args, **options)  # type: ignore[no-untyped-call]


def arguments(settings: Settings) -> dict[str, Any]:
    """What every client of this image connects with."""
    return {
        "host": settings.redis_host,
        "port": settings.redis_port,
        "username": settings.redis_username,
        "password": settings.redis_password.get_secret_value() if settings.redis_password else None,
        "ssl": settings.redis_tls,
        "socket_connect_timeout": 5,
        "socket_keepalive": True,
        "health_check_interval": 30,
        "client_name": f"agno-{settings.agno_role}/{settings.instance_name}".replace(" ", "_"),
    }


def open_async(settings: Settings, socket_timeout: float = 2 * BLOCK_SECONDS) -> redis.asyncio.Redis:
    """An async client; connects on first use."""
    return _AsyncClient(**arguments(settings), socket_timeout=socket_timeout, max_connections=CONNECTIONS)


def open_sync(settings: Settings, *, decode: bool = False) -> redis.Redis:
    """A client for threads; connects on first use."""
    return _Client(**arguments(settings), socket_timeout=5, decode_responses=decode)


class _StrictRedisDb(RedisDb):
    """RedisDb whose helpers raise: the base logs the error and answers "no such record"; and one MGET for a history."""

    def _get_record(self, table_type: str, record_id: str) -> dict[str, Any] | None:
        data = self.redis_client.get(generate_redis_key(self.db_prefix, table_type, record_id))
        return None if data is None else deserialize_data(data)  # type: ignore[arg-type]

    def _store_record(
        self, table_type: str, record_id: str, data: dict[str, Any], index_fields: list[str] | None = None
    ) -> bool:
        self.redis_client.set(
            generate_redis_key(self.db_prefix, table_type, record_id), serialize_data(data), ex=self.expire
        )
        if index_fields:
            create_index_entries(self.redis_client, self.db_prefix, table_type, record_id, data, index_fields)
        return True

    def _get_session_runs_data(self, session_id: str) -> list[dict[str, Any]]:
        run_ids = self.redis_client.zrange(self._runs_by_session_index_key(session_id), 0, -1)
        keys = [generate_redis_key(self.db_prefix, "runs", str(run_id)) for run_id in run_ids]
        rows = [deserialize_data(str(data)) for data in self.redis_client.mget(keys) if data] if keys else []
        return [row["run_data"] for row in rows if row.get("run_data") is not None]


def _threaded(name: str) -> Callable[..., Any]:
    method = getattr(RedisDb, name)

    @wraps(method)
    async def call(self: "RedisSessions", *args: Any, **kwargs: Any) -> Any:
        work = partial(copy_context().run, getattr(self.db, name), *args, **kwargs)
        try:
            return await asyncio.get_running_loop().run_in_executor(self.threads, work)
        except redis.RedisError as error:
            observe("redis", error)
            raise

    return call


class RedisSessions(AsyncBaseDb):
    """agno's async Db over RedisDb: every public method of both, in a thread. Holds sessions, runs and memories."""

    def __init__(self, client: redis.Redis, identifier: str) -> None:
        super().__init__(id=identifier)
        self.db = _StrictRedisDb(id=identifier, redis_client=client)
        self.threads = ThreadPoolExecutor(16, thread_name_prefix="redis")

    async def upsert_session(self, session: Any, *args: Any, **kwargs: Any) -> Any:
        """Store a session."""
        with writing(session.session_id):
            return await _upsert_session(self, session, *args, **kwargs)

    async def upsert_run(self, run: Any, session_id: str, *args: Any, **kwargs: Any) -> None:
        """Store a run, where its session is stored."""
        with writing(run_id_of(run)):
            refuse_without_session(run, session_id)
            await _upsert_run(self, run, session_id, *args, **kwargs)

    async def close(self) -> None:
        """Close the threads and the connections."""
        self.threads.shutdown(wait=False, cancel_futures=True)
        self.db.redis_client.close()


_upsert_session, _upsert_run = _threaded("upsert_session"), _threaded("upsert_run")
for _name in [name for name, value in vars(AsyncBaseDb).items() if inspect.iscoroutinefunction(value)]:
    if (
        not _name.startswith("_")
        and _name not in vars(RedisSessions)
        and callable(getattr(RedisDb, _name, None))
    ):
        setattr(RedisSessions, _name, _threaded(_name))
abc.update_abstractmethods(RedisSessions)  # type: ignore[type-abstract]
