"""Two stacks for the whole tier, both through the real `pulumi`: a small one that bears load, and a full one."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agno_ha import certificate
from agno_ha.operations import swarm
from agno_ha.operations.workspace import Workspace
from agno_ha.targets.docker import images
from agno_ha.targets.docker.settings import DockerSettings
from agno_ha.topology import Topology
from harness.deployment import Deployment
from harness.ports import free_port
from harness.pulumi import Pulumi

SMALL: dict[str, Any] = {
    "app": {
        "workers": 1,
        "drain": {"delay": "3s", "timeout": "20s", "grace": "90s"},
        "health": {"startPeriod": "60s"},
        "secrets": {"SEARCH_API_KEY": "searchKey"},
    },
    "scaling": {"min": 2, "max": 5},
    "postgres": {"pool": {"size": 4, "overflow": 4}, "password": "postgresPassword"},
}
"""Sized for two cores, where three instances that start under load take their time; given and generated secrets."""

FULL: dict[str, Any] = {
    "app": {"drain": {"delay": "3s"}, "health": {"startPeriod": "60s"}, "scheduler": {"enabled": True}},
    "loadBalancer": {"tls": {"mode": "provided", "certificate": "one.pem", "privateKey": "keyOne"}},
    "postgres": {"pool": {"size": 4, "overflow": 4}, "pooler": {"enabled": True, "poolSize": 30}},
    "sessions": {"store": "redis"},
}
"""Every service and every secret that the Docker target has."""

GIVEN = {
    "postgresPassword": "p@:/%'\"$ #\\ü-never-plain",
    "otherPassword": "another {{ `password` }} & more",
    "searchKey": "sk-search/+?=&%20-never-plain",
}
"""Secrets of the small stack by their configuration key; every character may stand in one."""


@pytest.fixture(scope="session", autouse=True)
def _swarm(tmp_path_factory: pytest.TempPathFactory) -> None:
    directory = tmp_path_factory.mktemp("swarm")
    with swarm.engine() as client:
        swarm.ensure_swarm(Workspace(directory, "swarm"), client, print)


@pytest.fixture(scope="session")
def pinned(_swarm: None) -> images.Images:
    """The images, found or built once, so that no preview of the tier sees another one."""
    topology = Topology.model_validate({"postgres": {"pooler": {"enabled": True}}})
    return images.resolve(topology, DockerSettings(), print)


def settings(pinned: images.Images) -> dict[str, Any]:
    stores = {name: getattr(pinned, name) for name in ("postgres", "redis", "nginx", "pgbouncer")}
    return {"publishMode": "host", "images": stores}


@pytest.fixture(scope="session")
def main(tmp_path_factory: pytest.TempPathFactory, pinned: images.Images) -> Iterator[Deployment]:
    """The small stack, up: two instances, given and generated secrets."""
    made = Deployment(
        tmp_path_factory.mktemp("engine"), "t-engine", way="pulumi", topology=SMALL, docker=settings(pinned)
    )
    made.change({"app": {"image": pinned.app}})
    made.pulumi()  # makes the stack, whose key encrypts the secrets
    for key, value in GIVEN.items():
        Pulumi(made.workspace).run("config", "set", "--secret", f"agno-ha:{key}", value)
    try:
        made.up()
        yield made
    finally:
        made.down()


@pytest.fixture(scope="session")
def pulumi(main: Deployment) -> Pulumi:
    """The command on the small stack."""
    return Pulumi(main.workspace)


@pytest.fixture(scope="session")
def full(tmp_path_factory: pytest.TempPathFactory, pinned: images.Images) -> Iterator[Deployment]:
    """The full stack, not up yet: `test_lifecycle` brings it up and takes it down."""
    made = Deployment(
        tmp_path_factory.mktemp("full"), "t-full", way="pulumi", topology=FULL, docker=settings(pinned)
    )
    made.change({"app": {"image": pinned.app}, "loadBalancer": {"httpsPort": free_port()}})
    made.pulumi()
    for name in ("One", "Two"):
        public, private = certificate.generate(f"seed {name}")
        (made.workspace.root / f"{name.lower()}.pem").write_text(public)
        Pulumi(made.workspace).run("config", "set", "--secret", f"agno-ha:key{name}", "--", private)
    yield made
    made.down()


@pytest.fixture(scope="session")
def full_snapshot(full: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The full stack's project directory, with its state, as it was when it was up first."""
    full.up()
    copy = tmp_path_factory.mktemp("snapshot") / "full"
    shutil.copytree(full.workspace.root, copy)
    return copy


def labelled(deployment: Deployment) -> dict[str, list[str]]:
    """Everything on the engine with the deployment's label, by kind; empty where nothing is left."""
    engine = deployment.engine
    wanted = {"label": f"com.docker.stack.namespace={deployment.namespace}"}
    found = {
        "services": [thing.name for thing in engine.services.list(filters=wanted)],
        "containers": [thing.name for thing in engine.containers.list(all=True, filters=wanted)],
        "secrets": [thing.name for thing in engine.secrets.list(filters=wanted)],
        "configs": [thing.name for thing in engine.configs.list(filters=wanted)],
        "networks": [thing.name for thing in engine.networks.list(filters=wanted)],
        "volumes": [thing.name for thing in engine.volumes.list(filters=wanted)],
    }
    return {kind: sorted(names) for kind, names in found.items() if names}


def state_files(root: Path, stack: str) -> list[Path]:
    """The stack's own files in the local backend; none where the stack was removed."""
    return list((root / ".agno-ha" / "state" / ".pulumi" / "stacks").glob(f"*/{stack}.json"))
