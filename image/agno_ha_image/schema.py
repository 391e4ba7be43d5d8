"""`python -m agno_ha_image.schema`: the schema exists and is current, before anything serves.

Every instance runs it when it starts. Where another image version left the same mark it only reads one row;
otherwise one instance at a time creates and migrates, under a Postgres advisory lock. One connection.
"""

import asyncio
import logging
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from importlib.metadata import version

import psycopg

from agno_ha_image import logs
from agno_ha_image.settings import Settings, settings

LOCK = 0x61676E6F2D6861  # "agno-ha"
REVISION = f"{version('agno')}/1"
"""agno's version, and a number to raise when TABLES changes."""
LAZY_TABLES = ("jobs", "traces", "spans", "transcripts", "auth_tokens")
"""Tables that agno creates on first use, where instances would race; the others are in its _create_all_tables."""
SCHEMA = "ai"
PATIENCE = 30.0
"""Seconds in which it is no warning that Postgres does not answer: it may be starting beside this instance."""

# Not to_regclass: within a transaction it goes on saying what a session knew before the other instance's commit.
_MARKED = (
    "SELECT EXISTS (SELECT FROM pg_tables WHERE schemaname = 'agno_ha' AND tablename = 'schema_revision')"
)
_CURRENT = f"""
SELECT revision = %s AND NOT EXISTS (
  SELECT FROM unnest(tables) AS name WHERE to_regclass(format('%%I.%%I', '{SCHEMA}', name)) IS NULL
) FROM agno_ha.schema_revision
"""  # noqa: S608 (constants)
_MARK = f"""
CREATE SCHEMA IF NOT EXISTS agno_ha;
CREATE TABLE IF NOT EXISTS agno_ha.schema_revision (one boolean PRIMARY KEY CHECK (one), revision text, tables text[]);
INSERT INTO agno_ha.schema_revision
  SELECT true, '{REVISION}', coalesce(array_agg(tablename::text), '{{}}') FROM pg_tables WHERE schemaname = '{SCHEMA}'
  ON CONFLICT (one) DO UPDATE SET revision = excluded.revision, tables = excluded.tables
"""  # noqa: S608 (constants)
log = logging.getLogger("agno_ha.schema")


async def connect(configured: Settings) -> psycopg.AsyncConnection:
    """One connection, as the pool would open it."""
    return await psycopg.AsyncConnection.connect(
        host=configured.postgres_host, port=configured.postgres_port, dbname=configured.postgres_db,
        user=configured.postgres_user, password=configured.postgres_password.get_secret_value(),
        autocommit=True, **configured.libpq | {"prepare_threshold": None},
    )  # fmt: skip


async def is_current(connection: psycopg.AsyncConnection) -> bool:
    """Whether this image's mark stands and every table that it names exists."""
    # Asked for first: a query on a missing table would be an error in the server's log at every first start.
    row = await (await connection.execute(_MARKED)).fetchone()
    if row and row[0]:
        row = await (await connection.execute(_CURRENT, (REVISION,))).fetchone()
    return bool(row and row[0])


@asynccontextmanager
async def locked(connection: psycopg.AsyncConnection, deadline: float) -> AsyncIterator[None]:
    """Hold the advisory lock for a transaction, which also holds with a transaction pooler.

    Raises:
        TimeoutError: another instance held it until the deadline.
    """
    async with connection.transaction():
        await connection.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        while True:
            row = await (await connection.execute("SELECT pg_try_advisory_xact_lock(%s)", (LOCK,))).fetchone()
            if row and row[0]:
                break
            if time.monotonic() > deadline:
                raise TimeoutError("another instance is still preparing the schema")
            await asyncio.sleep(0.3)
        yield


async def prepare(configured: Settings) -> None:
    """Create what is missing, then migrate what an older agno left."""
    from agno.db.migrations.manager import MigrationManager
    from agno.db.postgres import create_async_postgres_engine
    from sqlalchemy.pool import NullPool

    from agno_ha_image.postgres import Postgres

    logs.configure(configured.instance_name, configured.agno_role, configured.secret_values())
    logging.getLogger("agno").setLevel(logging.WARNING)
    engine = create_async_postgres_engine(
        configured.postgres_url, poolclass=NullPool, connect_args=configured.libpq
    )
    database = Postgres(id=f"{configured.os_id}-db", db_engine=engine)
    try:
        # Migrate first: an old table does not fit the new definition. On an empty database it finds nothing to do.
        if await database.table_exists(database.versions_table_name):
            await MigrationManager(database).up()
        await database._create_all_tables()  # type: ignore[no-untyped-call]  # what AgentOS calls at start
        for table in LAZY_TABLES:
            await database._get_table(table, create_table_if_not_found=True)
    finally:
        await database.close()


async def ensure(configured: Settings, deadline: float) -> str:
    """Bring the schema up to date: "current" where it was, "prepared" where this instance did it.

    Raises:
        psycopg.Error, sqlalchemy.exc.SQLAlchemyError, OSError, TimeoutError: not now; try again.
    """
    async with await connect(configured) as connection:
        if await is_current(connection):
            return "current"
        async with locked(connection, deadline):
            if await is_current(connection):
                return "current"
            await prepare(configured)
            await connection.execute(_MARK)
    return "prepared"


async def main() -> int:
    """Ensure the schema within SCHEMA_TIMEOUT, with retries while Postgres can't be reached; the exit code."""
    configured = settings()
    logs.configure(configured.instance_name, configured.agno_role, configured.secret_values())
    started = time.monotonic()
    deadline, pause = started + configured.schema_timeout, 0.25
    while True:
        try:
            state = await ensure(configured, deadline)
        except Exception as error:
            reason = (
                f"{type(error).__name__}: {str(error).strip().splitlines()[-1] if str(error).strip() else ''}"
            )
            if time.monotonic() + pause > deadline:
                log.exception("schema not ready in %g s (%s): giving up", configured.schema_timeout, reason)
                return 1
            level = logging.INFO if time.monotonic() - started < PATIENCE else logging.WARNING
            log.log(level, "schema not ready (%s): trying again in %g s", reason, pause)
            await asyncio.sleep(pause)
            pause = min(pause * 2, 5.0)
        else:
            log.info(
                "schema %s",
                state,
                extra={"revision": REVISION, "seconds": round(time.monotonic() - started, 2)},
            )
            return 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
