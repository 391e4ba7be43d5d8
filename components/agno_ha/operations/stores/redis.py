"""Redis by its own programs: a snapshot streamed out, and one put in the place of what the server holds."""

from __future__ import annotations

import subprocess
import time
from functools import cached_property
from pathlib import Path

from agno_ha.operations.errors import OperationError
from agno_ha.operations.reach import Reach, app_secret, run, stream
from agno_ha.operations.stores import manifest

# The password is the standard input: it never stands on a command line.
_CLIENT = "REDISCLI_AUTH=$(cat); export REDISCLI_AUTH; exec redis-cli --no-auth-warning "

# Not to the standard output: there redis-cli would leave the mark behind the snapshot that a file is rid of. A name of
# its own: another backup may run.
_SEND = """\
REDISCLI_AUTH=$(cat); export REDISCLI_AUTH
file=$(mktemp /data/backup.XXXXXX) || exit
trap 'rm -f "$file"' EXIT
redis-cli --no-auth-warning --rdb "$file" >&2 && redis-check-rdb "$file" >&2 && cat "$file" && sha256sum <"$file" >&2
"""

_RECEIVE = "umask 077; cat > /data/restore.rdb && sync && redis-check-rdb /data/restore.rdb >&2"

# A server of any version reads a snapshot under the log's old name as the beginning of its log, and without a log
# the snapshot itself. SHUTDOWN NOSAVE ends it without writing what it holds over what was just put there; the
# platform starts it again.
_REPLACE = """\
REDISCLI_AUTH=$(cat); export REDISCLI_AUTH; cd /data || exit 1
[ -s restore.rdb ] || { echo 'no snapshot was received' >&2; exit 1; }
ask() { redis-cli --no-auth-warning "$@"; }
log=$(ask CONFIG GET appendonly | tail -n 1)
[ "$(ask CONFIG SET save '')" = OK ] && [ "$(ask CONFIG SET appendonly no)" = OK ] || exit 1
rm -rf appendonlydir appendonly.aof dump.rdb
if [ "$log" = yes ]; then mv restore.rdb appendonly.aof; else mv restore.rdb dump.rdb; fi
sync
echo swapped
ask SHUTDOWN NOSAVE
"""

_START = 300.0
"""Seconds in which a server has loaded what it was given."""


class RedisStore:
    """The stack's own Redis, from inside its container, with the password that the instances have."""

    name = "redis"
    file = "redis.rdb"

    def __init__(self, reach: Reach) -> None:
        self._reach = reach

    @cached_property
    def _password(self) -> str:
        return app_secret(self._reach, "redis_password")

    def version(self) -> str:
        """Return the server's version, such as `7.0.15`."""
        found = run(self._reach, self.name, "redis-server", "--version")
        return found.partition("v=")[2].split()[0]

    def dump(self, path: Path) -> str:
        """Write everything it holds, as it was at one moment, to a new file; return its digest."""
        return manifest.receive(path, self._reach, self.name, "sh", "-c", _SEND, feed=self._password)

    def refuse(self, entry: manifest.File) -> None:
        """Refuse what this server can't read.

        Raises:
            OperationError: the snapshot is of a newer major version.
        """
        there, here = int(entry.server.split(".")[0]), int(self.version().split(".")[0])
        if there > here:
            raise OperationError(
                f"The backup is of Redis {there}, this stack runs {here}. Run {there}, or newer."
            )

    def load(self, path: Path) -> None:
        """Bring a snapshot to the server's volume and check it; what runs is not touched."""
        self._run_id()  # with the password, so that an instance is asked for it while the app is still let in
        with path.open("rb") as source:
            stream(self._reach, self.name, "sh", "-c", _RECEIVE, source=source)

    def swap(self) -> None:
        """Put the snapshot in the place of what the server holds; it stops, and starts with it."""
        before = self._run_id()
        # The server is the container's first process: its end is that of the command, too.
        done = subprocess.run(
            self._reach.inside(self.name, "sh", "-c", _REPLACE),
            input=self._password, capture_output=True, text=True, check=False,
        )  # fmt: skip
        if "swapped" not in done.stdout:
            raise OperationError(
                f"Redis did not take the snapshot: {done.stderr.strip() or done.stdout.strip()}"
            )
        deadline = time.monotonic() + _START
        while True:
            try:
                if self._run_id() not in ("", before):
                    return
            except OperationError:
                pass  # not started yet, or loading
            if time.monotonic() > deadline:
                raise OperationError(f"Redis does not answer {_START:g} s after it was given the snapshot.")
            time.sleep(1)

    def _run_id(self) -> str:
        """Return what names the server's present run; empty while it loads."""
        said = run(self._reach, self.name, "sh", "-c", f"{_CLIENT} INFO", feed=self._password)
        fields = dict(line.strip().partition(":")[::2] for line in said.splitlines())
        return fields.get("run_id", "") if fields.get("loading") == "0" else ""
