"""The databases that operations are kept in; Postgres where Debian's server is installed."""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
import servers
import yaml
from agno_ha.operations import swarm
from agno_ha.operations.store import Store
from agno_ha.operations.workspace import Workspace
from hypothesis import settings

settings.register_profile(
    "operations", deadline=None, print_blob=True, max_examples=25, stateful_step_count=30
)
settings.load_profile("operations")


_numbers = count()


@pytest.fixture(scope="session")
def server() -> Iterator[servers.Postgres]:
    """A server of its own on loopback."""
    if not servers.POSTGRES_BIN.exists():
        pytest.skip("no PostgreSQL server: apt-get install postgresql")
    directory = Path(tempfile.mkdtemp(prefix="agno-ha-"))  # pytest's own are closed to the server's user
    made = servers.Postgres(directory)
    yield made
    made.stop()
    shutil.rmtree(directory)


@pytest.fixture(params=["sqlite", "postgres"])
def url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """An empty database."""
    if request.param == "sqlite":
        return f"sqlite:///{tmp_path / 'operations.db'}"
    return of_server(request.getfixturevalue("server"))


def of_server(server: servers.Postgres) -> str:
    name = server.create(f"operations{next(_numbers)}")
    return f"postgresql://agno:{quote(servers.PASSWORD, safe='')}@127.0.0.1:{server.port}/{name}"


@pytest.fixture
def store(url: str) -> Iterator[Store]:
    made = Store(url)
    yield made
    made.close()


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A stack on Docker."""
    (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": {"agno-ha:target": "docker"}}))
    return Workspace(tmp_path, "dev")


@pytest.fixture
def on(monkeypatch: pytest.MonkeyPatch) -> Callable[[Any], Any]:
    """Make an engine the one that everything here finds."""

    def made(engine: Any) -> Any:
        @contextmanager
        def reached() -> Iterator[Any]:
            yield engine

        monkeypatch.setattr(swarm, "engine", reached)
        monkeypatch.setattr(swarm, "leave_swarm", lambda *_: None)
        return engine

    return made
