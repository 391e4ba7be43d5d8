"""One stack for the whole tier; a test that needs another one makes it."""

from collections.abc import Iterator

import pytest
from agno_ha.operations import swarm
from agno_ha.operations.workspace import Workspace
from harness.deployment import Deployment

SMALL = {
    "app": {"memory": "384MiB", "cpu": 1.0, "drain": {"delay": "3s"}, "health": {"startPeriod": "40s"}},
    "scaling": {"min": 3, "max": 4},
}
"""Sized for two cores: three instances, short drains."""


@pytest.fixture(scope="session", autouse=True)
def _swarm(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("swarm")
    swarm.ensure_swarm(Workspace(directory, "swarm"), swarm.engine(), print)


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The tier's stack: three instances, sessions in Postgres, brought up without the CLI."""
    made = Deployment(tmp_path_factory.mktemp("main"), "t-main", topology=SMALL)
    try:
        made.up()
        yield made
    finally:
        made.down()
