"""The app's connections to Postgres, sampled from one session inside its container, and a server made slow."""

import json
import subprocess
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Thread
from typing import IO

from harness.service import Service, wait_for

CONNECTIONS = """
SELECT coalesce(sum(n), 0), coalesce(jsonb_object_agg(application_name, n), '{}') FROM (
  SELECT application_name, count(*) AS n FROM pg_stat_activity WHERE usename = 'agno' GROUP BY 1
) AS users \\watch 0.1
"""
SLOW = """
SET statement_timeout = 0;
DO $$ BEGIN
  LOCK TABLE ai.agno_runs, ai.agno_sessions IN SHARE ROW EXCLUSIVE MODE; PERFORM pg_sleep({seconds});
END $$ \\watch 2
"""
"""Writers wait, readers don't: every run keeps its connection, as on a slow server."""


@contextmanager
def sampled(deployment: Service) -> Iterator[list[tuple[int, dict[str, int]]]]:
    """The app's connections every 100 ms, in all and by instance, from one session of the superuser's."""
    samples: list[tuple[int, dict[str, int]]] = []

    def read(lines: IO[str]) -> None:
        for line in lines:
            total, _, users = line.partition("|")
            if users:
                samples.append((int(total), json.loads(users)))

    mark = "pg_stat_activity WHERE usename = ''agno''"
    with _psql(deployment, CONNECTIONS, mark) as output:
        reader = Thread(target=read, args=(output,), daemon=True)
        reader.start()
        wait_for(lambda: samples, 20, "the first sample")
        yield samples
        _end_sessions(deployment, mark)
        reader.join(10)  # before its file is closed


def slow(deployment: Service, seconds: int = 300) -> AbstractContextManager[IO[str]]:
    """A server that takes so long over writes, again and again with two seconds between."""
    return _psql(deployment, SLOW.format(seconds=seconds), f"pg_sleep({seconds})")


@contextmanager
def _psql(deployment: Service, script: str, mark: str) -> Iterator[IO[str]]:
    """Run a script as the superuser inside the Postgres container: its output, until the block ends.

    `mark` is a part of its query, by which its session is found and ended.
    """
    command = [*deployment.console(), "-d", "agno", "-At"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(script)
        process.stdin.close()
        try:
            yield process.stdout
        finally:
            _end_sessions(deployment, mark)


def _end_sessions(deployment: Service, text: str) -> None:
    deployment.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE usename = 'postgres' AND pid <> pg_backend_pid() AND query LIKE '%{text}%'"
    )
