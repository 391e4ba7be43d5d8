"""The one Postgres engine of a process, and agno's async Db on it with its storage errors made visible."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, ClassVar

import psycopg
from agno.db.postgres import AsyncPostgresDb, create_async_postgres_engine
from agno.session import Session
from sqlalchemy import event
from sqlalchemy.engine import ExceptionContext
from sqlalchemy.ext.asyncio import AsyncEngine
from sqlalchemy.pool import AsyncAdaptedQueuePool, NullPool, PoolProxiedConnection

from agno_ha_image.ledger import StoreUnavailable, observe, observing, unstored
from agno_ha_image.metrics import RUNS
from agno_ha_image.settings import Settings

log = logging.getLogger("agno_ha.postgres")
_errors: ContextVar[list[BaseException] | None] = ContextVar("errors_of_this_write", default=None)


class ObservedPool(AsyncAdaptedQueuePool):
    """A connection pool whose failures (no server, no free connection in time) reach the ledger."""

    _sqla_logger_namespace = "sqlalchemy.pool"

    def connect(self) -> PoolProxiedConnection:
        """A connection; raises as the base does."""
        try:
            return super().connect()
        except Exception as error:
            _note(error)
            observe("postgres", error)
            raise


def create_engine(settings: Settings) -> AsyncEngine:
    """The engine that everything in this process shares: at most size + overflow connections, one set aside.

    The one is the durable queue's heartbeat, which beats from a thread of its own and so can't share the pool.
    """
    overflow = settings.db_max_overflow
    engine = create_async_postgres_engine(
        settings.postgres_url,
        poolclass=ObservedPool,
        pool_size=settings.db_pool_size if overflow else settings.db_pool_size - 1,
        max_overflow=max(0, overflow - 1),
        pool_timeout=settings.db_pool_timeout,
        pool_recycle=settings.db_pool_recycle,
        connect_args=settings.libpq,
    )
    event.listen(engine.sync_engine, "handle_error", _on_error)
    return engine


def _on_error(context: ExceptionContext) -> None:
    if context.is_pre_ping:
        return
    _note(context.original_exception)
    transient = isinstance(context.original_exception, psycopg.OperationalError | psycopg.InterfaceError)
    if transient or context.is_disconnect:
        observe("postgres", context.original_exception)


def _note(error: BaseException) -> None:
    errors = _errors.get()
    if errors is not None:
        errors.append(error)


@contextmanager
def writing(*identifiers: str | None) -> Iterator[list[BaseException]]:
    """Note in the ledger whether the write inside was stored, for each id; the error still propagates.

    Yields the errors of Postgres seen inside, also those that agno swallows.
    """
    errors: list[BaseException] = []
    token = _errors.set(errors)
    try:
        yield errors
    except Exception as error:
        observe("store", error)
        for identifier in identifiers:
            unstored.failed(identifier, error)
        raise
    finally:
        _errors.reset(token)
    for identifier in identifiers:
        unstored.stored(identifier)


def refuse_without_session(run: Any, session_id: str) -> None:
    """Raise where this run is completed and its session, which agno stores just before, is not stored.

    Raises:
        StoreUnavailable: as agno goes on after it, a later attempt would find a completed run and do nothing.
    """
    status = run.get("status") if isinstance(run, dict) else getattr(run, "status", None)
    if str(getattr(status, "value", status)).upper() == "COMPLETED" and unstored.holds(session_id):
        raise StoreUnavailable(f"the run's session is not stored: {session_id}")


def run_id_of(run: Any) -> str | None:
    """The id of a run given as an object or as a mapping."""
    return run.get("run_id") if isinstance(run, dict) else getattr(run, "run_id", None)


class Postgres(AsyncPostgresDb):
    """agno's Db with a ledger of what was not stored, on the shared engine.

    agno's durable queue copies its store for the heartbeat thread (`type(store)(db_url=…)`); such a copy gets an
    engine without a pool, from `heartbeat_engine`.
    """

    heartbeat_engine: ClassVar[Callable[[], AsyncEngine]]

    def __init__(
        self, *, db_engine: AsyncEngine | None = None, db_url: str | None = None, **options: Any
    ) -> None:
        super().__init__(db_engine=db_engine or type(self).heartbeat_engine(), **options)
        self.db_url = db_url or self.db_engine.url.render_as_string(hide_password=True)

    async def get_session(self, session_id: str, *args: Any, **kwargs: Any) -> Any:
        """A session, or None where there is none.

        Raises:
            StoreUnavailable: the read failed. The base returns None then, and agno would start the session anew.
        """
        with observing() as seen:
            session = await super().get_session(session_id, *args, **kwargs)
        if session is None and seen:
            raise StoreUnavailable(f"session not readable: {seen[-1]}")
        return session

    async def upsert_session(self, session: Session, *args: Any, **kwargs: Any) -> Any:
        """Store a session's row; None where it is another user's.

        Raises:
            StoreUnavailable: the write failed. The base returns None then, too, and agno would go on.
        """
        with writing(session.session_id) as errors:
            stored = await super().upsert_session(session, *args, **kwargs)
            if stored is None and errors:
                raise StoreUnavailable(f"session not stored: {type(errors[-1]).__name__}")
            return stored

    async def upsert_run(self, run: Any, session_id: str, *args: Any, **kwargs: Any) -> None:
        """Store a run's row, where its session's is stored."""
        with writing(run_id_of(run)):
            refuse_without_session(run, session_id)
            await super().upsert_run(run, session_id, *args, **kwargs)

    async def update_run_in_session(
        self, session_id: str, run_id: str, fields: dict[str, Any], *args: Any, **kwargs: Any
    ) -> Any:
        """Store a queued run's row, fenced by its attempt, where its session's is stored."""
        with writing(run_id):
            refuse_without_session(fields, session_id)
            return await super().update_run_in_session(session_id, run_id, fields, *args, **kwargs)

    async def complete_job(
        self, job_id: str, worker_id: str, attempt: int, status: str, error: str | None = None
    ) -> bool:
        """Settle a queue ticket, unless the run that it stands for could not be stored.

        The worker then lets the ticket go stale, and an instance runs it again: accepted work is not lost.

        Raises:
            StoreUnavailable: the run's last write failed.
        """
        if status == "completed" and unstored.holds(job_id):
            raise StoreUnavailable(f"run {job_id} is not stored: its ticket stays open for another attempt")
        settled = await super().complete_job(job_id, worker_id, attempt, status, error)
        if settled:
            RUNS.labels(outcome=f"background_{status}").inc()
        return settled


def open_postgres(settings: Settings) -> Postgres:
    """agno's Db for this process; nothing connects yet."""
    Postgres.heartbeat_engine = lambda: create_async_postgres_engine(
        settings.postgres_url, poolclass=NullPool, connect_args=settings.libpq
    )
    return Postgres(id=f"{settings.os_id}-db", db_engine=create_engine(settings))
