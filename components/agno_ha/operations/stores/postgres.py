"""Postgres by its own programs: dumped, restored beside what runs and swapped in at once, its passwords changed.

A dump, not a copy of the files: it is consistent while the server works, it fits another major version, machine and
target, and it holds no passwords. What a dump is not: continuous. A turn after it is not in it.
"""

from __future__ import annotations

from pathlib import Path

from agno_ha.operations.errors import OperationError
from agno_ha.operations.reach import Reach, run, stream
from agno_ha.operations.stores import manifest
from agno_ha.servers import ADMINISTRATOR
from agno_ha.topology import Postgres

_NEW = "agno_ha_restoring"
_OLD = "agno_ha_replaced"

# The digest of what is sent, told when all of it is: bash waits for the last process substitution where it is asked to.
_SENT = """\
set -o pipefail
exec 3> >(sha256sum >&2); digest=$!
"$@" | tee /dev/fd/3 || exit
exec 3>&-
wait $digest
"""


class PostgresStore:
    """The stack's own Postgres, as its superuser on the socket inside its container: that needs no password."""

    name = "postgres"
    file = "postgres.dump"

    def __init__(self, reach: Reach, postgres: Postgres) -> None:
        self._reach = reach
        self._database = postgres.database
        self._user = postgres.user

    def version(self) -> str:
        """Return the server's version, such as `15.14`."""
        return self._sql("SHOW server_version").split()[0]

    def dump(self, path: Path) -> str:
        """Write the app's database, as it was at one moment, to a new file; return its digest."""
        return manifest.receive(
            path, self._reach, self.name, "bash", "-c", _SENT, "bash",
            "pg_dump", "-U", ADMINISTRATOR, "-Fc", "--no-owner", "--no-privileges", self._database,
        )  # fmt: skip

    def refuse(self, entry: manifest.File) -> None:
        """Refuse what this server can't read.

        Raises:
            OperationError: the dump is of a newer major version.
        """
        there, here = int(entry.server.split(".")[0]), int(self.version().split(".")[0])
        if there > here:
            raise OperationError(
                f"The backup is of Postgres {there}, this stack runs {here}: an older server can't read it. "
                f"Set topology.postgres.version = {there}, or newer."
            )

    def load(self, path: Path) -> None:
        """Load a dump into a database beside the app's; what runs is not touched."""
        for sql in (
            f'DROP DATABASE IF EXISTS "{_NEW}" WITH (FORCE)',
            f'CREATE DATABASE "{_NEW}" OWNER "{self._user}" TEMPLATE template0',
            f'REVOKE CONNECT ON DATABASE "{_NEW}" FROM PUBLIC',
        ):
            self._sql(sql)
        with path.open("rb") as source:
            stream(
                self._reach, self.name, "pg_restore", "-U", ADMINISTRATOR, "-d", _NEW, "--no-owner",
                "--no-privileges", f"--role={self._user}", "--exit-on-error", "--single-transaction", source=source,
            )  # fmt: skip
        self._sql("ANALYZE", database=_NEW)

    def close(self) -> None:
        """Let no client of the app in: everything that would change something is 503 with Retry-After."""
        self._sql(f'ALTER ROLE "{self._user}" NOLOGIN')
        self._end_sessions()

    def swap(self) -> None:
        """Put the loaded database in the place of the app's, in one transaction."""
        self._sql(f'DROP DATABASE IF EXISTS "{_OLD}" WITH (FORCE)')
        self._end_sessions()
        away = f'ALTER DATABASE "{self._database}" RENAME TO "{_OLD}";' if self._exists() else ""
        self._sql(f'BEGIN; {away} ALTER DATABASE "{_NEW}" RENAME TO "{self._database}"; COMMIT')
        self._sql(f'DROP DATABASE IF EXISTS "{_OLD}" WITH (FORCE)')

    def open(self) -> None:
        """Let the app's clients in again."""
        self._sql(f'ALTER ROLE "{self._user}" LOGIN')

    def holds(self) -> int:
        """Return how many sessions the app's database holds; none where somebody has dropped it."""
        if not self._exists():
            return 0
        exists = self._sql("SELECT to_regclass('ai.agno_sessions') IS NOT NULL", database=self._database)
        if exists.strip() != "t":
            return 0
        return int(self._sql("SELECT count(*) FROM ai.agno_sessions", database=self._database))

    def change_passwords(self, user: str, administrator: str | None) -> None:
        """Set the passwords of the app's role and of the superuser; connections that are open stay so.

        They go in by the standard input: never on a command line, and not into the server's log.
        """
        roles = {self._user: user} | ({ADMINISTRATOR: administrator} if administrator else {})
        script = "SET log_statement = 'none'; SET log_min_error_statement = 'panic';\n" + "".join(
            f"ALTER ROLE \"{role}\" PASSWORD '{_quoted(password)}';\n" for role, password in roles.items()
        )
        self._sql(script)

    def _exists(self) -> bool:
        # A plain name, by its model.
        return bool(self._sql(f"SELECT 1 FROM pg_database WHERE datname = '{self._database}'"))  # noqa: S608

    def _end_sessions(self) -> None:
        # A plain name, by its model.
        others = f"datname = '{self._database}' AND pid <> pg_backend_pid()"
        self._sql(f"SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE {others}")  # noqa: S608

    def _sql(self, script: str, database: str = "postgres") -> str:
        options = ("-v", "ON_ERROR_STOP=1", "--no-psqlrc", "-AtqX")
        return run(
            self._reach,
            self.name,
            "psql",
            "-U",
            ADMINISTRATOR,
            "-d",
            database,
            *options,
            "-f",
            "-",
            feed=script,
        )


def _quoted(text: str) -> str:
    # standard_conforming_strings is on: a backslash is one.
    return text.replace("'", "''")
