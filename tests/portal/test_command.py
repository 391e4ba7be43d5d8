"""`agno-ha portal` as docs/portal.md starts it: a process of its own over a project, until it is asked to end."""

import os
import re
import shlex
import subprocess
import sys
from pathlib import Path
from threading import Thread

import httpx2
import psutil
import pytest
from agno_ha.operations.model import Kind, State
from agno_ha.operations.processes import Owner
from agno_ha.operations.store import Store
from harness.deployment import wait_for

from .conftest import ROOT

_TEXT = (ROOT / "docs" / "portal.md").read_text()
[_START] = re.findall(r"<!-- tested: tests/portal/test_command.py -->\n```sh\n(.*?)```", _TEXT, re.DOTALL)
ADD, SERVE = (shlex.split(line, comments=True)[2:] for line in _START.splitlines()[1:])
PATIENCE = 120  # seconds, on a busy machine


class Command:
    """The command in a project."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self._log = root / "portal.log"
        # What runs on this machine, or is set on it, is no concern of the test.
        platforms = {"DOCKER_HOST": "tcp://127.0.0.1:1", "KUBECONFIG": "/dev/null"}
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AGNO_HA_")}
        self._environment = {**kept, **platforms}

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self._command(*arguments), cwd=self.root, env=self._environment, timeout=PATIENCE, text=True,
            capture_output=True, check=False,
        )  # fmt: skip

    def serve(self) -> subprocess.Popen[bytes]:
        command = self._command(*SERVE, "--port", "0")
        with self._log.open("wb") as log:
            return subprocess.Popen(command, cwd=self.root, env=self._environment, stdout=log, stderr=log)

    @property
    def said(self) -> str:
        return self._log.read_text()

    def _command(self, *arguments: str) -> list[str]:
        return [str(Path(sys.executable).with_name("agno-ha")), "portal", *arguments]


@pytest.fixture
def command(root: Path) -> Command:
    return Command(root)


def test_it_serves_until_it_is_asked_to_end(command: Command) -> None:
    token = command.run(*ADD).stdout.strip()
    process = command.serve()
    try:
        wait_for(lambda: process.poll() or "The portal is at" in command.said, PATIENCE, "the portal's start")
        [url] = re.findall(r"The portal is at (http://127\.0\.0\.1:\d+);", command.said)
        headers = {"Authorization": f"Bearer {token}"}
        with httpx2.Client(base_url=url, headers=headers, timeout=PATIENCE) as client:
            it_answers(client)
            taken = command.run("--port", str(client.base_url.port))
            assert taken.returncode == 2
            assert "already in use. Choose others with --host and --port" in " ".join(taken.stderr.split())
            nothing_that_is_open_keeps_it(command.root, client, process)
        assert process.wait(PATIENCE) == 0, command.said
        assert "Traceback" not in command.said
    finally:
        process.kill()
        process.wait()


def it_answers(client: httpx2.Client) -> None:
    assert client.get("/").headers["location"] == "/sign-in?back=%2F"
    assert "<label" in client.get("/sign-in").text
    stacks = client.get("/api/v1/stacks").json()
    assert [each["name"] for each in stacks] == ["dev", "prod", "staging"]
    wrong = client.get("/api/v1/stacks", headers={"Authorization": "Bearer agnoha_wrong"})
    assert (wrong.status_code, wrong.json()["code"]) == (401, "unauthorized")


def nothing_that_is_open_keeps_it(
    root: Path, client: httpx2.Client, process: subprocess.Popen[bytes]
) -> None:
    """Ask it to end while somebody follows an operation, and a diagram is drawn that takes an hour."""
    store = Store(f"sqlite:///{root / '.agno-ha' / 'operations.db'}")
    made = store.begin("dev", Kind.DRIFT, requester="test", owner=Owner.of(os.getpid()))
    (root / "__main__.py").write_text("import time\ntime.sleep(3600)\n")
    Thread(target=client.get, args=["/api/v1/stacks/dev/diagram.svg"]).start()
    wait_for(lambda: psutil.Process(process.pid).children(), PATIENCE, "a diagram that is being drawn")
    [drawing] = psutil.Process(process.pid).children()
    path, stream = f"/api/v1/operations/{made.id}/events", {"Accept": "text/event-stream"}
    with client.stream("GET", path, headers=stream) as response:
        process.terminate()
        assert "event: end" not in response.read().decode()  # whoever follows comes back, and goes on
    process.wait(PATIENCE)
    assert not drawing.is_running()
    assert store.get(made.id).state is State.RUNNING  # it has a process of its own
    store.close()


def test_without_a_token_nobody_could_sign_in(command: Command) -> None:
    refused = command.run("--port", "0")
    assert refused.returncode == 2
    assert "agno-ha portal --add-token NAME --role approver" in " ".join(refused.stderr.split())
    assert "Traceback" not in refused.stderr
