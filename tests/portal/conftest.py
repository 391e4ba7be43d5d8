"""A portal over a copy of this project's files and the fake operations, and its three tokens."""

import shutil
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from agno_ha.operations.errors import OperationError
from agno_ha.operations.status import ServiceStatus, Status
from agno_ha.operations.workspace import Workspace
from agno_ha_portal import signing
from agno_ha_portal.app import create
from agno_ha_portal.roles import Role
from agno_ha_portal.serving import Server
from agno_ha_portal.settings import Settings
from fastapi import FastAPI
from fastapi.testclient import TestClient

from .browser import Browser
from .fake import FakeOperations

ROOT = Path(__file__).parents[2]


def copied(directory: Path) -> Path:
    """Make a directory a project as this repository has it."""
    for path in (*ROOT.glob("Pulumi*.yaml"), ROOT / "topology.yaml", ROOT / "__main__.py"):
        shutil.copy(path, directory)
    shutil.copytree(ROOT / "schema", directory / "schema")
    return directory


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return copied(tmp_path)


@dataclass
class Portal:
    root: Path
    app: FastAPI
    operations: FakeOperations
    tokens: dict[Role, str] = field(default_factory=dict)

    def api(self, role: Role | None = Role.APPROVER) -> TestClient:
        """A program with a role's token, or with none."""
        headers = {"Authorization": f"Bearer {self.tokens[role]}"} if role else {}
        return TestClient(self.app, headers=headers, raise_server_exceptions=False, follow_redirects=False)

    def browser(self, role: Role | None = Role.APPROVER) -> Browser:
        """A browser whose person has signed in, or has not."""
        browser = Browser(TestClient(self.app, raise_server_exceptions=False, follow_redirects=False))
        if role:
            assert browser.sign_in(self.tokens[role]).status_code == 303
        return browser

    @property
    def audited(self) -> list[dict]:
        return self.api().get("/api/v1/audit").json()


class Listening:
    """A portal behind its own server, on loopback."""

    def __init__(self, portal: Portal) -> None:
        self.portal = portal
        self._start(0)
        self.port = self._server.servers[0].sockets[0].getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"

    def stop(self) -> None:
        self._server.should_exit = True
        self._thread.join()

    def restart(self) -> None:
        self.stop()
        self.portal.app.state.portal.stopping.clear()
        self._start(self.port)

    def _start(self, port: int) -> None:
        self._server = Server(self.portal.app, port=port, log_level="error")
        self._thread = threading.Thread(target=self._server.run)
        self._thread.start()
        while not self._server.started:
            assert self._thread.is_alive()
            time.sleep(0.05)


def look(workspace: Workspace) -> Status:
    """What the platform would say: dev runs, staging has lost an instance, prod is not told."""
    if workspace.stack == "prod":
        raise OperationError("It is on ECS.")
    lost = workspace.stack == "staging"
    web = ServiceStatus(
        room="web", wanted=2, running=1 if lost else 2, image="app:1", problem="1 of 2 ready" if lost else ""
    )
    return Status(stack=workspace.stack, target="docker", ready=True, services=[web])


def make(root: Path, **settings) -> Portal:
    operations = FakeOperations()
    portal = Portal(root, create(Settings(root=root, **settings), operations, look), operations)
    tokens = portal.app.state.access.tokens
    portal.tokens = {role: tokens.add(f"{role}-1", role) for role in Role}
    return portal


@pytest.fixture
def portal(root: Path) -> Portal:
    signing._FAILED.storage.reset()
    return make(root)
