"""The schema step: empty databases, several at once, Postgres absent, the second time."""

import os
import subprocess
import sys
import threading
from pathlib import Path

import servers


def step(environment: dict[str, str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(
        [sys.executable, "-m", "agno_ha_image.schema"], env=environment, text=True, stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )  # fmt: skip


def environment(postgres: servers.Postgres, database: str, **more: str) -> dict[str, str]:
    return {
        "PYTHONPATH": str(servers.IMAGE), "POSTGRES_HOST": "127.0.0.1", "POSTGRES_PORT": str(postgres.port),
        "POSTGRES_USER": "agno", "POSTGRES_DB": database, "POSTGRES_PASSWORD": servers.PASSWORD,
        "REDIS_HOST": "unused", "INTERNAL_SERVICE_TOKEN": servers.TOKEN, **more,
    }  # fmt: skip


def test_five_at_once_on_an_empty_database_and_again(postgres: servers.Postgres, database: str) -> None:
    settings = environment(postgres, database)
    log = postgres.directory / "log"
    earlier = log.stat().st_size  # what other tests provoked on the same server
    steps = [step(settings) for _ in range(5)]
    outputs = [process.communicate(timeout=120)[0] for process in steps]
    assert [process.returncode for process in steps] == [0] * 5, outputs
    assert not [line for output in outputs for line in output.splitlines() if '"level": "info"' not in line]
    assert sorted("schema prepared" in output for output in outputs) == [False] * 4 + [True]
    with postgres.connect(database) as connection:
        tables = {
            row[0] for row in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'ai'")
        }
        assert {"agno_sessions", "agno_runs", "agno_jobs", "agno_schedules", "agno_spans"} <= tables
        complaints = log.read_bytes()[earlier:].decode().splitlines()
        assert not [line for line in complaints if "ERROR" in line or "WARNING" in line]
        again = step(settings)
        assert "schema current" in again.communicate(timeout=60)[0]
        connection.execute("DROP TABLE ai.agno_jobs")
        repaired = step(settings)
        assert "schema prepared" in repaired.communicate(timeout=60)[0]
        assert connection.execute("SELECT to_regclass('ai.agno_jobs')").fetchone() != (None,)


def test_it_waits_for_postgres_and_gives_up_in_time(postgres: servers.Postgres, database: str) -> None:
    postgres.stop()
    try:
        hopeless = step(environment(postgres, database, SCHEMA_TIMEOUT="1"))
        patient = step(environment(postgres, database))
        output = hopeless.communicate(timeout=60)[0]
        assert hopeless.returncode == 1
        assert "giving up" in output.splitlines()[-1]
        assert servers.PASSWORD not in output
    finally:
        postgres.start()
    assert "schema prepared" in patient.communicate(timeout=120)[0]
    assert patient.returncode == 0


def test_a_held_lock_is_waited_for_with_a_bound(postgres: servers.Postgres, database: str) -> None:
    from agno_ha_image.schema import LOCK

    with postgres.connect(database) as connection:
        connection.execute("SELECT pg_advisory_lock(%s)", (LOCK,))
        bounded = step(environment(postgres, database, SCHEMA_TIMEOUT="2"))
        assert "another instance is still preparing the schema" in bounded.communicate(timeout=60)[0]
        assert bounded.returncode == 1
        waiting = step(environment(postgres, database))
        threading.Timer(2, connection.close).start()
        assert "schema prepared" in waiting.communicate(timeout=120)[0]


def test_the_lock_file_is_what_the_image_installs() -> None:
    uv = os.environ.get("UV", "uv")  # `uv run` names itself, and need not be on PATH
    exported = subprocess.run(
        [uv, "export", "-q", "--frozen", "--no-dev", "--no-emit-project", "--no-header", "--directory",
         str(servers.IMAGE)], capture_output=True, text=True, check=True, timeout=60,
    ).stdout  # fmt: skip
    lock = Path(servers.IMAGE / "requirements.lock").read_text()
    assert [line for line in lock.splitlines() if not line.startswith("#")] == exported.splitlines()
