"""Real servers on loopback for these tests: Postgres, Redis, nginx and instances of the image's code."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import httpx
import psycopg
import redis
from harness.ports import free_port

IMAGE = Path(__file__).parents[2] / "image"
PASSWORD = "p@:/%'\"$ #"
KEY = "os-key-%/\"'@:#"
TOKEN = "internal-token-0123456789"
POSTGRES_BIN = next(iter(sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), Path("/nowhere"))


def until(condition: Callable[[], object], seconds: float, what: str) -> None:
    """Wait for a condition, with the reason in the failure."""
    deadline = time.monotonic() + seconds
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError(f"not within {seconds:g} s: {what}")
        time.sleep(0.05)


def _as_postgres() -> list[str]:
    return ["runuser", "-u", "postgres", "--"] if os.getuid() == 0 else []


class Postgres:
    """A Postgres of its own; can be stopped, started and frozen."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        password = directory / "password"
        password.write_text(PASSWORD)
        if os.getuid() == 0:
            shutil.chown(directory, "postgres")
            shutil.chown(password, "postgres")
        self._run("initdb", "-D", str(directory / "data"), "-U", "agno", "--auth=scram-sha-256",
                  f"--pwfile={password}", "--no-sync")  # fmt: skip
        self.start()

    def _run(self, program: str, *arguments: str) -> None:
        command = [*_as_postgres(), str(POSTGRES_BIN / program), *arguments]
        result = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        assert result.returncode == 0, f"{program}: {result.stdout} {result.stderr}"

    def start(self) -> None:
        options = f"-p {self.port} -k {self.directory} -c listen_addresses=127.0.0.1 -c fsync=off -c max_connections=60"
        log = str(self.directory / "log")
        self._run("pg_ctl", "-D", str(self.directory / "data"), "-o", options, "-l", log, "-w", "start")

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.directory / "data"), "-m", "immediate", "-w", "stop")

    def signal(self, number: signal.Signals) -> None:
        """To the postmaster and to every server process."""
        postmaster = int((self.directory / "data" / "postmaster.pid").read_text().split()[0])
        children = Path(f"/proc/{postmaster}/task/{postmaster}/children").read_text().split()
        for pid in [postmaster, *map(int, children)]:
            os.kill(pid, number)

    def connect(self, database: str = "postgres") -> "psycopg.Connection[tuple[object, ...]]":
        return psycopg.connect(
            host="127.0.0.1", port=self.port, user="agno", password=PASSWORD, dbname=database, autocommit=True
        )

    def create(self, database: str) -> str:
        with self.connect() as connection:
            connection.execute(f'CREATE DATABASE "{database}"'.encode())
        return database


class Redis:
    """A Redis of its own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.start()

    def start(self) -> None:
        command = ["redis-server", "--port", str(self.port), "--bind", "127.0.0.1", "--requirepass", PASSWORD,
                   "--dir", str(self.directory), "--appendonly", "yes"]  # fmt: skip
        with (self.directory / "redis.log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)
        until(self._answers, 15, "redis-server answers")

    def _answers(self) -> bool:
        try:
            return bool(self.client().ping())
        except redis.RedisError:
            return False

    def client(self) -> redis.Redis:
        return redis.Redis(port=self.port, password=PASSWORD, socket_timeout=2, decode_responses=True)

    def stop(self) -> None:
        self.process.terminate()
        self.process.wait(20)


class Instance:
    """One `python -m agno_ha_image` with an environment of its own, as a container would run it."""

    def __init__(self, directory: Path, environment: Mapping[str, str]) -> None:
        self.directory = directory
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.name = environment.get("INSTANCE_NAME", f"instance-{self.port}")
        self.log = directory / f"{self.name}.log"
        self.errors = directory / f"{self.name}.errors"
        inherited = {name: os.environ[name] for name in ("PATH", "LANG", "HOME") if name in os.environ}
        path = os.pathsep.join([str(IMAGE), environment.get("PYTHONPATH", "")])
        self.environment = {**inherited, "TMPDIR": str(directory), **environment, "INSTANCE_NAME": self.name,
                            "PORT": str(self.port), "PYTHONPATH": path}  # fmt: skip
        with self.log.open("wb") as out, self.errors.open("wb") as err:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "agno_ha_image"],
                env=self.environment,
                stdout=out,
                stderr=err,
                cwd=directory,
            )

    def ready(self) -> "Instance":
        try:
            until(self._is_ready, 150, f"{self.name} is ready")
        except AssertionError as error:
            error.add_note(self.log.read_text()[-3000:])
            raise
        return self

    def _is_ready(self) -> bool:
        assert self.process.poll() is None, (
            f"ended with {self.process.returncode}:\n{self.log.read_text()[-3000:]}"
        )
        try:
            return httpx.get(f"{self.url}/ready", timeout=5).status_code == 200
        except httpx.TransportError:
            return False

    def events(self) -> list[dict[str, object]]:
        """Every line that it logged; each must be JSON."""
        return [json.loads(line) for line in self.log.read_text().splitlines()]

    def children(self) -> dict[str, int]:
        """Module → pid of what the launcher started."""
        pid = self.process.pid
        pids = map(int, Path(f"/proc/{pid}/task/{pid}/children").read_text().split())
        return {
            Path(f"/proc/{child}/cmdline").read_text().split("\0")[2].rpartition(".")[2]: child
            for child in pids
        }

    def stop(self, seconds: float = 60) -> int:
        if self.process.poll() is None:
            self.process.terminate()
        return self.process.wait(seconds)


def run(url: str, message: str, *, session: str, timeout: float = 60, **fields: str) -> httpx.Response:
    """One turn, not streamed."""
    data = {"message": message, "session_id": session, "stream": "false", **fields}
    headers = {"Authorization": f"Bearer {KEY}".encode()}
    return httpx.post(f"{url}/agents/assistant/runs", data=data, headers=headers, timeout=timeout)
