"""Fixtures: one Postgres and one Redis for all tests; databases and instances as a test needs them."""

import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from itertools import count
from pathlib import Path

import pytest
import servers

NEEDS = {
    "initdb": ("Postgres", (servers.POSTGRES_BIN / "initdb").exists(), "apt-get install postgresql"),
    "redis-server": ("Redis", shutil.which("redis-server") is not None, "apt-get install redis-server"),
}
_number = count(1)


def _need(program: str) -> None:
    name, found, remedy = NEEDS[program]
    if not found:
        pytest.skip(f"tests/image: no {name} ({program}) on this machine: {remedy}")


@pytest.fixture(scope="session")
def postgres() -> Iterator[servers.Postgres]:
    _need("initdb")
    # Not below pytest's own directory, which is closed to the user that the server runs as.
    with tempfile.TemporaryDirectory(prefix="agno-ha-test-", ignore_cleanup_errors=True) as name:
        directory = Path(name)
        directory.chmod(0o755)
        server = servers.Postgres(directory)
        yield server
        server.stop()


@pytest.fixture(scope="session")
def redis_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[servers.Redis]:
    _need("redis-server")
    server = servers.Redis(tmp_path_factory.mktemp("redis"))
    yield server
    server.stop()


Start = Callable[..., servers.Instance]


def starter(
    postgres: servers.Postgres, redis_server: servers.Redis, directory: Path, database: str
) -> tuple[Start, list[servers.Instance]]:
    """A function that starts instances on one database, and the list of those it started."""
    started: list[servers.Instance] = []
    secret = directory / "password"
    secret.write_text(servers.PASSWORD)

    def start(**environment: str) -> servers.Instance:
        defaults = {
            "POSTGRES_HOST": "127.0.0.1", "POSTGRES_PORT": str(postgres.port), "POSTGRES_USER": "agno",
            "POSTGRES_DB": database, "POSTGRES_PASSWORD_FILE": str(secret),
            "REDIS_HOST": "127.0.0.1", "REDIS_PORT": str(redis_server.port), "REDIS_PASSWORD_FILE": str(secret),
            "OS_ID": database, "OS_SECURITY_KEY": servers.KEY, "INTERNAL_SERVICE_TOKEN": servers.TOKEN,
            "DRAIN_DELAY": "0", "DRAIN_TIMEOUT": "30", "HOST": "127.0.0.1",
        }  # fmt: skip
        instance = servers.Instance(directory, defaults | environment)
        started.append(instance)
        return instance

    return start, started


def _stop(started: list[servers.Instance]) -> None:
    for instance in started:
        if instance.process.poll() is None:
            instance.process.terminate()
    for instance in started:
        try:
            instance.process.wait(60)
        except subprocess.TimeoutExpired:
            instance.process.kill()


@pytest.fixture
def database(postgres: servers.Postgres) -> str:
    """An empty database."""
    return postgres.create(f"db{next(_number)}")


@pytest.fixture
def start(
    postgres: servers.Postgres, redis_server: servers.Redis, tmp_path: Path, database: str
) -> Iterator[Start]:
    """Starts an instance on this test's own database; stops them all at the end."""
    function, started = starter(postgres, redis_server, tmp_path, database)
    yield function
    _stop(started)


AGENTS = """
from agno.agent import Agent
from agno.workflow import Step, Workflow
from agno_ha_image.agents import assistant

agents = [assistant(), Workflow(id="flow", name="flow", steps=[Step(name="a", agent=Agent(id="a"))])]
"""


@pytest.fixture(scope="module")
def fleet(
    postgres: servers.Postgres, redis_server: servers.Redis, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[list[servers.Instance]]:
    """Three instances on one database of the module's: web with one worker, web with two, and the scheduler.

    They serve the assistant and a workflow, from a module that AGNO_AGENTS names.
    """
    directory = tmp_path_factory.mktemp("fleet")
    (directory / "fleet_agents.py").write_text(AGENTS)
    function, started = starter(postgres, redis_server, directory, postgres.create(f"db{next(_number)}"))
    own = {"DB_POOL_TIMEOUT": "3", "AGNO_AGENTS": "fleet_agents:agents", "PYTHONPATH": str(directory)}
    function(**own), function(WORKERS="2", **own), function(AGNO_ROLE="scheduler", **own)
    try:
        yield [instance.ready() for instance in started]
    finally:
        _stop(started)


@pytest.fixture(scope="module")
def pair(fleet: list[servers.Instance]) -> tuple[servers.Instance, servers.Instance]:
    """The two web instances of the fleet."""
    return fleet[0], fleet[1]
