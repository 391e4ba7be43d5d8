"""A life by the operations' API with the real `pulumi`, of a program that needs no platform (Docker: tests/engine)."""

import http.server
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from agno_ha.operations import processes
from agno_ha.operations.model import Kind, Operation, OperationRefusedError, Outputs, State, Step
from agno_ha.operations.operations import Operations
from harness.operations import ended, until_started

ROOT = Path(__file__).parents[2]
PROGRAM = """
import os, time
import pulumi
import pulumi_random as random
from pulumi.dynamic import CreateResult, Resource, ResourceProvider

class Slow(ResourceProvider):
    def create(self, props):
        open(os.path.join(os.environ["MARKS"], "begun"), "w").close()
        time.sleep(float(props["seconds"]))
        return CreateResult("slow", props)

class Waits(Resource):
    def __init__(self, name, seconds):
        super().__init__(Slow(), name, {"seconds": seconds})

key = random.RandomPassword("key", length=20)
random.RandomPet("pet", length=2)
SLOW
pulumi.export("url", os.environ["ADDRESS"])
pulumi.export("securityKey", key.result)
"""

pytestmark = [
    pytest.mark.skipif(shutil.which("pulumi") is None, reason="no pulumi on PATH"),
    pytest.mark.skipif(shutil.which("pulumi-resource-random") is None, reason="no random plugin on PATH"),
]


class Ready(http.server.BaseHTTPRequestHandler):
    """What a load balancer with a ready instance answers."""

    def do_GET(self) -> None:
        self.send_response(200 if self.path == "/ready" else 404)
        self.end_headers()

    def log_message(self, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def operations(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Operations]:
    root = tmp_path_factory.mktemp("project")
    runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}}
    (root / "Pulumi.yaml").write_text(json.dumps({"name": "agno-ha", "runtime": runtime}))
    shutil.copy(ROOT / "topology.yaml", root)
    config = {
        "target": "kubernetes",
        "environment": "dev",
        "kubernetes": {"images": {"app": "registry.example.com/a:1"}},
    }
    values = {"config": {f"agno-ha:{key}": value for key, value in config.items()}}
    (root / "Pulumi.life.yaml").write_text(yaml.safe_dump(values))
    write(root)
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Ready)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("ADDRESS", f"http://127.0.0.1:{server.server_port}")
        patch.setenv("MARKS", str(tmp_path_factory.mktemp("marks")))
        patch.setenv("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true")
        patch.setenv("PULUMI_SKIP_UPDATE_CHECK", "true")
        made = Operations(root)
        yield made
        made.close()
    server.shutdown()
    server.server_close()


def write(root: Path, *, slow: float = 0, length: int = 2) -> None:
    text = PROGRAM.replace("SLOW", f'Waits("slow", {slow})' if slow else "")
    (root / "__main__.py").write_text(text.replace("length=2)", f"length={length})"))


def carried_out(operations: Operations, kind: Kind, **more: Any) -> Operation:
    done = ended(operations, operations.start("life", kind, requester="ada", **more))
    assert done.state is State.SUCCEEDED, done.error
    return done


def approved(operations: Operations) -> Operation:
    return operations.approve(carried_out(operations, Kind.PREVIEW).id, approver="bob")


def state(operations: Operations) -> bytes:
    [file] = (operations.root / ".agno-ha" / "state" / ".pulumi" / "stacks").glob("*/life.json")
    return file.read_bytes()


def test_preview_approval_and_up(operations: Operations) -> None:
    up = carried_out(operations, Kind.UP, of=approved(operations).id)
    bodies = [event.body for event in operations.events(up.id)]
    done = {body.resource for body in bodies if isinstance(body, Step) and body.status == "done"}
    assert {"key (RandomPassword)", "pet (RandomPet)"} <= done
    [outputs] = [body.values for body in bodies if isinstance(body, Outputs)]
    assert outputs["securityKey"] == "[secret]"
    secret = (operations.root / ".agno-ha" / "life" / "security-key").read_bytes()
    # By another process: one that closes a database's file loses all of SQLite's locks on it.
    files = (operations.root / ".agno-ha").glob("operations.db*")
    kept = subprocess.run(["cat", *files], check=True, capture_output=True).stdout
    assert up.id.encode() in kept
    assert secret not in kept


def test_what_changed_since_is_refused_before_and_within(
    operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    write(operations.root, length=3)
    preview, before = approved(operations), state(operations)
    write(operations.root, length=4)
    with pytest.raises(OperationRefusedError, match=r"code \(__main__.py\)") as refused:
        operations.start("life", Kind.UP, requester="ada", of=preview.id)
    assert refused.value.code == "changed"
    monkeypatch.setattr(operations, "_changed", lambda _: [])
    done = ended(operations, operations.start("life", Kind.UP, requester="ada", of=preview.id))
    assert done.state is State.FAILED
    assert "code (__main__.py)" in str(done.error)
    assert state(operations) == before


def test_a_killed_worker_is_told_and_recovered_from(operations: Operations) -> None:
    write(operations.root, slow=600)
    begun = operations.start("life", Kind.UP, requester="ada", of=approved(operations).id)
    mark = Path(os.environ["MARKS"]) / "begun"
    until_started(operations, begun, "slow")
    owner, _ = operations.store.owner(begun.id)
    engines = list(processes.engines(owner))
    assert engines, operations.get(begun.id)
    os.kill(owner.pid, signal.SIGKILL)
    again = Operations(operations.root)
    # True at each moment: its pulumi works on, so that nothing else may begin.
    if list(processes.engines(owner)):
        assert again.get(begun.id).state is State.RUNNING
        with pytest.raises(OperationRefusedError, match="busy"):
            again.start("life", Kind.RECOVER, requester="ada")
        for pid in engines:
            os.kill(pid, signal.SIGKILL)
    ended(again, begun)
    told = again.get(begun.id)
    assert told.state is State.INTERRUPTED
    assert "recover" in str(told.error)
    mark.unlink(missing_ok=True)
    carried_out(again, Kind.RECOVER)
    assert b"pending_operations" not in state(again) or not json.loads(state(again))["checkpoint"][
        "latest"
    ].get("pending_operations")
    again.close()


def test_a_cancelled_up_is_cancelled_and_leaves_no_lock(operations: Operations) -> None:
    write(operations.root, slow=5)
    begun = operations.start("life", Kind.UP, requester="ada", of=approved(operations).id)
    until_started(operations, begun, "slow")
    operations.cancel(begun.id, requester="eve")
    done = ended(operations, begun)
    assert done.state in (State.CANCELLED, State.SUCCEEDED)  # what it had begun may have been the last step
    assert not list((operations.root / ".agno-ha" / "state" / ".pulumi" / "locks").rglob("*.json"))


def test_destroy(operations: Operations) -> None:
    with pytest.raises(OperationRefusedError, match="Type the stack's name"):
        operations.start("life", Kind.DESTROY, requester="ada", confirm="other")
    done = carried_out(operations, Kind.DESTROY, confirm="life")
    planned = [event.body for event in operations.events(done.id) if isinstance(event.body, Step)]
    assert "key (RandomPassword)" in {step.resource for step in planned if step.op == "delete"}
    assert not list((operations.root / ".agno-ha" / "state" / ".pulumi" / "stacks").glob("*/life.json"))
