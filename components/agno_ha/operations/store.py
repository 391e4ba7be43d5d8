"""Operations and their events in a database: SQLite beside the project, or Postgres by a URL.

What must hold is held by the database itself, whoever else writes: one running operation a stack, one up of an
approved preview, one operation for an idempotency key, events numbered without gaps that nobody changes.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any

import sqlalchemy as sql
from sqlalchemy.exc import IntegrityError

from agno_ha.operations.model import Body, Event, Held, Kind, Operation, State
from agno_ha.operations.processes import Owner

_TABLES = sql.MetaData()

_operations = sql.Table(
    "operations",
    _TABLES,
    sql.Column("id", sql.String, primary_key=True),
    sql.Column("stack", sql.String, nullable=False),
    sql.Column("kind", sql.String, nullable=False),
    sql.Column("state", sql.String, nullable=False),
    sql.Column("requester", sql.String, nullable=False),
    sql.Column("of", sql.String),
    sql.Column("approver", sql.String),
    sql.Column("created", sql.String, nullable=False),
    sql.Column("ended", sql.String),
    sql.Column("changes", sql.JSON, nullable=False),
    sql.Column("digests", sql.JSON, nullable=False),
    sql.Column("error", sql.String),
    # From here on what only the operations themselves need.
    sql.Column("seen", sql.JSON, nullable=False),
    sql.Column("key", sql.String),
    sql.Column("cancelled_by", sql.String),
    sql.Column("host", sql.String, nullable=False),
    sql.Column("pid", sql.Integer, nullable=False),
    sql.Column("started", sql.Double, nullable=False),
    sql.Column("heartbeat", sql.Double, nullable=False),
)
_PUBLIC = tuple(_operations.c[name] for name in Operation.model_fields)
_running = _operations.c.state == State.RUNNING.value
sql.Index("one_writer", _operations.c.stack, unique=True, sqlite_where=_running, postgresql_where=_running)
sql.Index("used_once", _operations.c.of, unique=True)
sql.Index("one_key", _operations.c.requester, _operations.c.key, unique=True)

_events = sql.Table(
    "events",
    _TABLES,
    sql.Column("operation", sql.ForeignKey("operations.id"), primary_key=True),
    sql.Column("sequence", sql.Integer, primary_key=True),
    sql.Column("time", sql.String, nullable=False),
    sql.Column("body", sql.JSON, nullable=False),
)


class TakenError(Exception):
    """The database holds something that excludes the new operation: the stack, the preview or the key is taken."""


class EndedError(Exception):
    """The operation is final: nothing more happens in it."""


class Store:
    """All that is kept of operations; safe for many processes at once."""

    def __init__(self, url: str) -> None:
        """Connect, and make the tables where there are none.

        Args:
            url: `sqlite:///<file>` or `postgresql+psycopg://…` (`postgresql://` will do).
        """
        self._engine = sql.create_engine(
            _dialect(url), pool_pre_ping=True
        )  # a database may restart meanwhile
        if self._engine.dialect.name == "sqlite":
            sql.event.listen(self._engine, "connect", _prepare)
            sql.event.listen(self._engine, "begin", _begin)
        try:
            _TABLES.create_all(self._engine)
        except sql.exc.DBAPIError:
            _TABLES.create_all(self._engine)  # another process made them at the same moment

    def close(self) -> None:
        """Close its connections."""
        self._engine.dispose()

    # Operations --------------------------------------------------------------------------------------------

    def begin(
        self,
        stack: str,
        kind: Kind | Held,
        *,
        requester: str,
        owner: Owner,
        of: str | None = None,
        key: str | None = None,
    ) -> Operation:
        """Insert a running operation.

        Raises:
            TakenError: another one excludes it.
        """
        values = {
            "id": f"{time.time_ns() // 1_000_000:012x}{secrets.token_hex(4)}", "stack": stack, "kind": kind.value,
            "state": State.RUNNING.value, "requester": requester, "of": of, "key": key, "created": _now(),
            "changes": {}, "digests": {}, "seen": {}, **_owned(owner),
        }  # fmt: skip
        try:
            with self._writing() as connection:
                connection.execute(sql.insert(_operations).values(values))
        except IntegrityError:
            raise TakenError from None
        return self.get(values["id"])

    def get(self, operation: str) -> Operation:
        """Return an operation.

        Raises:
            KeyError: there is none with this id.
        """
        found = self._one(_operations.c.id == operation)
        if found is None:
            raise KeyError(operation)
        return found

    def with_key(self, requester: str, key: str) -> Operation | None:
        """Return the operation that an idempotency key stands for."""
        return self._one(_operations.c.requester == requester, _operations.c.key == key)

    def carrying_out(self, preview: str) -> Operation | None:
        """Return the up of a preview."""
        return self._one(_operations.c.of == preview)

    def running(self, stack: str | None = None) -> Sequence[Operation]:
        """Return the running operations, of one stack or of all."""
        return self._operations(_running, *([_operations.c.stack == stack] if stack else []))

    def history(self, stack: str | None, limit: int, before: str | None) -> Sequence[Operation]:
        """Return operations, newest first."""
        wanted = [_operations.c.stack == stack] if stack else []
        wanted += [_operations.c.id < before] if before else []
        return self._operations(*wanted, limit=limit)

    def approve(self, operation: str, approver: str) -> bool:
        """Set who approves, once; return whether it was this one."""
        unset = _operations.c.approver.is_(None)
        return self._change(_operations.c.id == operation, unset, approver=approver)

    def owner(self, operation: str) -> tuple[Owner, float]:
        """Return who works on it, and when that one was heard of last (seconds since 1970)."""
        columns = _operations.c
        wanted = sql.select(columns.host, columns.pid, columns.started, columns.heartbeat)
        with self._reading() as connection:
            host, pid, started, heard = connection.execute(wanted.where(_operations.c.id == operation)).one()
        return Owner(host, pid, started), heard

    def own(self, operation: str, owner: Owner) -> bool:
        """Hand a running operation to a process; False where it is final already."""
        return self._change(_operations.c.id == operation, _running, **_owned(owner))

    def beat(self, operation: str, owner: Owner) -> tuple[bool, str | None]:
        """Say that the process lives; return whether the operation is still its own, and who wants it cancelled."""
        mine = (
            _operations.c.id == operation,
            _running,
            _operations.c.pid == owner.pid,
            _operations.c.host == owner.host,
        )
        held = self._change(*mine, heartbeat=time.time())
        with self._reading() as connection:
            wanted = sql.select(_operations.c.cancelled_by).where(_operations.c.id == operation)
            return held, connection.execute(wanted).scalar_one()

    def cancel(self, operation: str, requester: str) -> None:
        """Ask the operation's process to end; it looks with every heartbeat."""
        self._change(_operations.c.id == operation, _running, cancelled_by=requester)

    def note(
        self, operation: str, *, digests: Mapping[str, str], seen: Mapping[str, Mapping[str, str]]
    ) -> None:
        """Keep what a preview saw: a digest a part, and one of each thing in it."""
        self._change(_operations.c.id == operation, _running, digests=dict(digests), seen=seen)

    def seen(self, operation: str) -> Mapping[str, Mapping[str, str]]:
        """Return what `note` was given."""
        with self._reading() as connection:
            wanted = sql.select(_operations.c.seen).where(_operations.c.id == operation)
            found: Mapping[str, Mapping[str, str]] = connection.execute(wanted).scalar_one()
            return found

    def finish(
        self,
        operation: str,
        state: State,
        *,
        error: str | None = None,
        changes: Mapping[str, int] | None = None,
    ) -> bool:
        """Make an operation final; False where it was already."""
        return self._change(
            _operations.c.id == operation, _running,
            state=state.value, ended=_now(), error=error, changes=dict(changes or {}),
        )  # fmt: skip

    # Events ------------------------------------------------------------------------------------------------

    def append(self, operation: str, body: Body) -> None:
        """Append an event, with the next number.

        Raises:
            EndedError: the operation is final.
        """
        last = sql.select(sql.func.coalesce(sql.func.max(_events.c.sequence), 0))
        with self._writing() as connection:
            # Whoever else appends waits here, and whoever ends the operation too.
            locked = sql.select(_operations.c.state).where(_operations.c.id == operation).with_for_update()
            if connection.execute(locked).scalar_one() != State.RUNNING.value:
                raise EndedError(operation)
            number = connection.execute(last.where(_events.c.operation == operation)).scalar_one() + 1
            row = {
                "operation": operation,
                "sequence": number,
                "time": _now(),
                "body": body.model_dump(mode="json"),
            }
            connection.execute(sql.insert(_events).values(row))

    def events(self, operation: str, after: int) -> Sequence[Event]:
        """Return the events after a number, in order."""
        wanted = sql.select(_events).where(_events.c.operation == operation, _events.c.sequence > after)
        with self._reading() as connection:
            rows = connection.execute(wanted.order_by(_events.c.sequence)).mappings().all()
        return [Event.model_validate(dict(row)) for row in rows]

    # -------------------------------------------------------------------------------------------------------

    def _one(self, *wanted: sql.ColumnElement[bool]) -> Operation | None:
        return next(iter(self._operations(*wanted)), None)

    def _operations(self, *wanted: sql.ColumnElement[bool], limit: int | None = None) -> Sequence[Operation]:
        query = sql.select(*_PUBLIC).where(*wanted).order_by(_operations.c.id.desc()).limit(limit)
        with self._reading() as connection:
            return [Operation.model_validate(dict(row)) for row in connection.execute(query).mappings()]

    def _change(self, *wanted: sql.ColumnElement[bool], **values: Any) -> bool:
        with self._writing() as connection:
            return connection.execute(sql.update(_operations).where(*wanted).values(values)).rowcount == 1

    @contextmanager
    def _writing(self) -> Iterator[sql.Connection]:
        with self._engine.execution_options(writes=True).begin() as connection:
            yield connection

    @contextmanager
    def _reading(self) -> Iterator[sql.Connection]:
        with self._engine.begin() as connection:
            yield connection


def _dialect(url: str) -> sql.URL:
    made = sql.make_url(url)
    return (
        made.set(drivername="postgresql+psycopg") if made.drivername in ("postgres", "postgresql") else made
    )


def _prepare(connection: Any, _: Any) -> None:
    connection.isolation_level = None  # transactions begin where we say so
    cursor = connection.cursor()
    for pragma in ("busy_timeout = 30000", "journal_mode = WAL", "foreign_keys = ON"):
        cursor.execute(f"PRAGMA {pragma}")
    cursor.close()


def _begin(connection: sql.Connection) -> None:
    # A transaction that reads first and then writes could not wait for its turn.
    writes = connection.get_execution_options().get("writes")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _owned(owner: Owner) -> dict[str, Any]:
    return {"host": owner.host, "pid": owner.pid, "started": owner.started, "heartbeat": time.time()}


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="microseconds")
