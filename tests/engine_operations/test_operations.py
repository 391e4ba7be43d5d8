"""A stack's whole life by the operations' API: each in a process of its own, in the order of a life."""

import os
import shutil
import signal
import subprocess
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest
import yaml
from agno_ha.operations import processes
from agno_ha.operations.model import Finding, Kind, Operation, OperationRefusedError, Outputs, State, Step
from agno_ha.operations.operations import Operations
from agno_ha.targets.docker.images import Images
from engine.conftest import labelled, settings, state_files
from engine.test_recovery import in_state, live
from harness.deployment import ROOT, Deployment, wait_for
from harness.operations import ended, until_started

APP: dict[str, Any] = {"drain": {"delay": "3s"}, "health": {"startPeriod": "60s"}}
ONE: dict[str, Any] = {"scaling": {"min": 1, "max": 3}}
ABOVE_THE_CEILING: dict[str, Any] = {"scaling": {"max": 11}, "postgres": {"pool": {"size": 3, "overflow": 3}}}


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, pinned: Images) -> Iterator[Deployment]:
    """A stack of one instance, not up yet, with an app's file and a lock in its project."""
    os.environ.setdefault("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true")
    made = Deployment(
        tmp_path_factory.mktemp("operations"), "t-operations", way="pulumi", docker=settings(pinned),
        topology={**ONE, "app": {**APP, "image": pinned.app}},
    )  # fmt: skip
    shutil.copytree(ROOT / "examples" / "my-agents", made.workspace.root / "my-agents")
    (made.workspace.root / "uv.lock").write_text('name = "agno"\nversion = "1"\n')
    yield made
    made.down()


@pytest.fixture(scope="module")
def operations(stack: Deployment) -> Iterator[Operations]:
    made = Operations(stack.workspace.root)
    yield made
    made.close()


def carried_out(operations: Operations, kind: Kind, stack: str = "t-operations", **more: Any) -> Operation:
    done = ended(operations, operations.start(stack, kind, requester="ada", **more))
    assert done.state is State.SUCCEEDED, done.error
    return done


def approved(operations: Operations, stack: str = "t-operations") -> Operation:
    preview = carried_out(operations, Kind.PREVIEW, stack)
    return operations.approve(preview.id, approver="bob")


def steps(operations: Operations, done: Operation, status: str = "planned") -> dict[str, Step]:
    bodies = [event.body for event in operations.events(done.id)]
    return {body.resource: body for body in bodies if isinstance(body, Step) and body.status == status}


def state_bytes(stack: Deployment) -> bytes:
    [file] = state_files(stack.workspace.root, stack.workspace.stack)
    return file.read_bytes()


def refused(code: str, call: Callable[[], object]) -> str:
    with pytest.raises(OperationRefusedError) as caught:
        call()
    assert caught.value.code == code
    return str(caught.value)


def test_a_policy_violation_is_refused_before_anything_is_created(
    stack: Deployment, operations: Operations
) -> None:
    file = stack.workspace.root / "Pulumi.t-operations.yaml"
    before = file.read_text()
    stack.change(ABOVE_THE_CEILING)
    done = ended(operations, operations.start("t-operations", Kind.PREVIEW, requester="ada"))
    assert done.state is State.FAILED
    assert "SCALE-001" in str(done.error)
    found = [event.body for event in operations.events(done.id) if isinstance(event.body, Finding)]
    assert [finding.level for finding in found if "SCALE-001" in finding.message] == ["mandatory"]
    refused("has_violations", lambda: operations.approve(done.id, approver="bob"))
    refused("not_succeeded", lambda: operations.start("t-operations", Kind.UP, requester="ada", of=done.id))
    assert labelled(stack) == {}
    kept = yaml.safe_load(file.read_text())
    file.write_text(yaml.safe_dump({**kept, "config": yaml.safe_load(before)["config"]}))
    stack.config["topology"].pop("postgres")
    stack.change(ONE)


def test_preview_approval_up_and_a_conversation(stack: Deployment, operations: Operations) -> None:
    preview = carried_out(operations, Kind.PREVIEW)
    assert labelled(stack) == {}
    planned = steps(operations, preview)
    assert {step.op for step in planned.values()} == {"create"}
    assert {"agno-web (Service)", "agno-nginx (Service)", "agno-postgres-data (Volume)"} <= planned.keys()
    assert set(preview.digests) >= {"configuration", "code", "lock", "policies", "state", "environment"}
    refused("not_approved", lambda: operations.start("t-operations", Kind.UP, requester="ada", of=preview.id))
    operations.approve(preview.id, approver="bob")
    up = operations.start("t-operations", Kind.UP, requester="ada", of=preview.id)
    refused("busy", lambda: operations.start("t-operations", Kind.DRIFT, requester="ada"))
    up = ended(operations, up)
    assert up.state is State.SUCCEEDED, up.error
    assert steps(operations, up, "done").keys() == planned.keys()
    [outputs] = [event.body for event in operations.events(up.id) if isinstance(event.body, Outputs)]
    assert outputs.values["securityKey"] == "[secret]"
    assert outputs.values["url"] == f"http://127.0.0.1:{stack.port}"
    stack.key = stack.workspace.security_key_file.read_text()
    assert stack.run("one", "hello").status_code == 200
    refused("used", lambda: operations.start("t-operations", Kind.UP, requester="ada", of=preview.id))
    # Nowhere in what is kept of operations stands a secret.
    # By another process: one that closes a database's file loses all of SQLite's locks on it.
    files = (stack.workspace.root / ".agno-ha").glob("operations.db*")
    kept = subprocess.run(["cat", *files], check=True, capture_output=True).stdout
    assert preview.id.encode() in kept
    for name in ("security-key", "redis-password", "postgres-password"):
        assert stack.secret(name).encode() not in kept


def test_what_changed_since_the_approval_is_refused(
    stack: Deployment, operations: Operations, monkeypatch: pytest.MonkeyPatch
) -> None:
    stack.change({"app": {"environment": {"COLOUR": "green"}}})
    preview = approved(operations)
    root, before, running = stack.workspace.root, state_bytes(stack), stack.replaced("web")

    def begin() -> Operation:
        return operations.start("t-operations", Kind.UP, requester="ada", of=preview.id)

    files = {
        "my-agents/my_agents.py": ("code", "# another line\n"),
        "uv.lock": ("lock", 'name = "redis"\n'),
        "policies/dev.yaml": ("policies", "SCALE-001: advisory\n"),
    }
    for name, (part, more) in files.items():
        path = root / name
        kept = path.read_text() if path.exists() else None
        path.write_text((kept or "") + more)
        text = refused("changed", begin)
        assert f"{part} ({name})" in text
        if kept is None:
            path.unlink()
        else:
            path.write_text(kept)
    with monkeypatch.context() as changed:
        changed.setenv("NO_PROXY", "other.example.com")  # which the images' builds read
        assert "environment (NO_PROXY)" in refused("changed", begin)
    assert state_bytes(stack) == before
    # Its process looks again, whatever was found before it began.
    monkeypatch.setattr(operations, "_changed", lambda _: [])
    with (root / "my-agents" / "my_agents.py").open("a") as file:
        file.write("# yet another line\n")
    done = ended(operations, begin())
    assert done.state is State.FAILED
    assert "Changed since the approved preview: code (my-agents/my_agents.py)" in str(done.error)
    assert state_bytes(stack) == before
    assert stack.replaced("web") == running


def test_a_change_of_scale(stack: Deployment, operations: Operations) -> None:
    stack.change({"scaling": {"min": 2}})
    preview = approved(operations)
    web = steps(operations, preview)["agno-web (Service)"]
    assert web.op == "update"
    assert "mode.replicated.replicas" in web.properties
    carried_out(operations, Kind.UP, of=preview.id)
    wait_for(lambda: len(stack.containers("web")) == 2, 60, "two instances")  # one replaced may still drain


def test_drift_is_found_and_repaired(stack: Deployment, operations: Operations) -> None:
    assert steps(operations, carried_out(operations, Kind.DRIFT)) == {}
    before = state_bytes(stack)
    subprocess.run(
        ["docker", "service", "scale", "-d", f"{stack.namespace}_web=1"], check=True, capture_output=True
    )
    found = steps(operations, carried_out(operations, Kind.DRIFT))
    assert found.keys() == {"agno-web (Service)"}
    assert "mode.replicated.replicas" in found["agno-web (Service)"].properties
    assert state_bytes(stack) == before
    carried_out(operations, Kind.REFRESH)
    carried_out(operations, Kind.UP, of=approved(operations).id)
    wait_for(lambda: len(stack.containers("web")) == 2, 60, "two instances")  # one may still drain
    assert steps(operations, carried_out(operations, Kind.DRIFT)) == {}


def test_two_stacks_at_once(stack: Deployment, operations: Operations, pinned: Images) -> None:
    other = Deployment(
        stack.workspace.root, "t-operations-b", way="pulumi", docker=settings(pinned),
        topology={**ONE, "app": {**APP, "image": pinned.app}},
    )  # fmt: skip
    assert operations.stacks() == ["t-operations", "t-operations-b"]
    try:
        preview = approved(operations, "t-operations-b")
        one = operations.start("t-operations-b", Kind.UP, requester="ada", of=preview.id)
        two = operations.start("t-operations", Kind.DRIFT, requester="ada")
        assert operations.get(one.id).state is State.RUNNING
        assert ended(operations, two).state is State.SUCCEEDED
        assert ended(operations, one).state is State.SUCCEEDED
        assert labelled(other).keys() == labelled(stack).keys()
    finally:
        other.down()
    assert labelled(other) == {}


def test_a_killed_worker_is_told_and_recovered_from(stack: Deployment, operations: Operations) -> None:
    session = f"kept-{uuid.uuid4().hex[:8]}"
    assert stack.run(session, "one").status_code == 200
    stack.change({"loadBalancer": {"bodyLimit": "50MiB"}, "app": {"environment": {"ROLL": "1"}}})
    begun = operations.start("t-operations", Kind.UP, requester="ada", of=approved(operations).id)
    until_started(operations, begun, "agno-web")
    owner, _ = operations.store.owner(begun.id)
    os.kill(owner.pid, signal.SIGKILL)
    again = Operations(stack.workspace.root)  # as after a restart
    told = again.get(begun.id)
    print(told, list(processes.engines(owner)))
    # True at each moment: interrupted only when its pulumi has ended too, and nothing else is begun before.
    assert told.state is State.INTERRUPTED or any(processes.engines(owner))
    wait_for(lambda: again.get(begun.id).state.final, 300, "the killed worker's pulumi to end")
    assert again.get(begun.id).state is State.INTERRUPTED
    assert "recover" in str(again.get(begun.id).error)
    carried_out(again, Kind.RECOVER)
    known, there = in_state(stack), live(stack)
    assert there == known
    carried_out(again, Kind.UP, of=approved(again).id)
    assert live(stack) == in_state(stack)
    assert "I see 2 turns" in stack.run(session, "two").json()["content"]
    again.close()


def test_a_cancelled_up_ends_cleanly(stack: Deployment, operations: Operations) -> None:
    stack.change({"app": {"environment": {"ROLL": "2"}}, "loadBalancer": {"bodyLimit": "60MiB"}})
    begun = operations.start("t-operations", Kind.UP, requester="ada", of=approved(operations).id)
    until_started(operations, begun, "agno-web")
    operations.cancel(begun.id, requester="eve")
    done = ended(operations, begun)
    assert done.state is State.CANCELLED
    assert "eve" in str(done.error)
    carried_out(operations, Kind.UP, of=approved(operations).id)  # no lock is left, and nothing pending
    assert stack.run("after", "hello").status_code == 200


def test_destroy_wants_the_name_and_leaves_nothing(stack: Deployment, operations: Operations) -> None:
    for typed in (None, "t-operation"):
        refused(
            "confirmation",
            lambda: operations.start("t-operations", Kind.DESTROY, requester="ada", confirm=typed),  # noqa: B023
        )
    done = carried_out(operations, Kind.DESTROY, confirm="t-operations")
    assert "agno-postgres-data (Volume)" in steps(operations, done)
    assert labelled(stack) == {}
    assert state_files(stack.workspace.root, "t-operations") == []


def test_the_whole_life_is_in_the_history(operations: Operations) -> None:
    found = operations.history("t-operations", limit=100)
    assert all(operation.state.final for operation in found)
    for operation in found:
        numbers = [event.sequence for event in operations.events(operation.id)]
        assert numbers == list(range(1, len(numbers) + 1))
    assert {operation.kind for operation in found} == {kind for kind in Kind if kind is not Kind.DOWN}


def test_what_is_not_there_is_said(operations: Operations) -> None:
    assert "t-operations" in refused(
        "unknown_stack", lambda: operations.start("no", Kind.DRIFT, requester="a")
    )
    refused("unknown_operation", lambda: operations.get("no"))
    refused("not_a_preview", lambda: operations.start("t-operations", Kind.UP, requester="ada"))
