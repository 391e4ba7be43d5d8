"""One stack for the whole tier; a test that needs another one makes it."""

from collections.abc import Iterator
from copy import deepcopy

import pytest
from agno_ha.operations import swarm
from agno_ha.operations.workspace import Workspace
from harness.deployment import Deployment
from harness.report import pytest_runtest_makereport  # noqa: F401

SMALL = {
    "app": {"memory": "384MiB", "cpu": 1.0, "drain": {"delay": "3s"}, "health": {"startPeriod": "120s"}},
    "scaling": {"min": 3, "max": 4},
}
"""Sized for two cores: three instances, short drains."""


@pytest.fixture(scope="session", autouse=True)
def _swarm(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("swarm")
    with swarm.engine() as client:
        swarm.ensure_swarm(Workspace(directory, "swarm"), client, print)


@pytest.fixture(scope="session")
def deployment(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """The tier's stack: three instances, sessions in Postgres, brought up without the CLI."""
    made = Deployment(tmp_path_factory.mktemp("main"), "t-main", topology=SMALL)
    made.down()  # what a run that was killed has left behind, with passwords that nobody knows any more
    try:
        made.up()
        yield made
    finally:
        made.down()


AGENTS = """
from agno.agent import Agent
from agno.workflow import Step, Workflow
from agno_ha_image.agents import assistant

agents = [assistant(), Workflow(id="flow", name="flow", steps=[Step(name="write", agent=Agent(id="writer"))])]
"""


@pytest.fixture(scope="session")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """A second stack: an image built from a directory of agents, as many instances as scaling.max, a small pool."""
    agents = tmp_path_factory.mktemp("agents")
    (agents / "own_agents.py").write_text(AGENTS)
    topology = deepcopy(SMALL) | {
        "scaling": {"min": 2, "max": 2},
        "postgres": {"pool": {"size": 6, "overflow": 2}},
    }
    topology["app"] |= {"build": str(agents), "agents": "own_agents:agents"}
    made = Deployment(tmp_path_factory.mktemp("own"), "t-own", topology=topology)
    made.down()  # what a run that was killed has left behind, with passwords that nobody knows any more
    try:
        made.up()
        yield made
    finally:
        made.down()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """The engine's restart comes last: it takes long, and nothing should wait for it."""
    items.sort(key=lambda item: item.path.name == "test_engine_restart.py")
