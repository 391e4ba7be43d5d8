"""One account, one pair of stores and one balancer for the tier."""

from __future__ import annotations

from collections.abc import Iterator

import docker
import pytest
from agno_ha.targets.docker import images as resolved
from agno_ha.targets.docker.settings import DockerSettings
from agno_ha.topology import Topology
from aws.conftest import deploy, endpoint  # noqa: F401
from harness.images import images
from harness.report import pytest_runtest_makereport  # noqa: F401

from .fleet import Fleet, clear

TOPOLOGY = {
    "app": {
        "drain": {"delay": "2s"},
        "health": {"startPeriod": "300s", "interval": "6s", "timeout": "9s", "retries": 2},
        "environment": {"SCHEMA_TIMEOUT": "600"},
    },
    "scaling": {"min": 2, "max": 4},
    "postgres": {
        "maxConnections": 120,
        "sharedBuffers": "96MiB",
        "workMem": "3MiB",
        "statementTimeout": "45s",
    },
    "redis": {"maxmemory": "3GiB"},
}
"""Smaller than prod, with numbers that no server has of itself, and patient: the machine may be busy."""


@pytest.fixture(scope="session")
def engine() -> Iterator[docker.DockerClient]:
    client = docker.from_env()
    clear(client)
    resolved.resolve(Topology(), DockerSettings(), print, client)  # builds what is missing
    yield client
    clear(client)
    client.close()


@pytest.fixture(scope="session")
def fleet(
    engine: docker.DockerClient, request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Fleet:
    cloud, _ = request.getfixturevalue("deploy")({"image": images()["app"]}, TOPOLOGY)
    return Fleet(cloud, engine, tmp_path_factory.mktemp("trust"))
