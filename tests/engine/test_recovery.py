"""`pulumi` killed while it works, and docs/recovery.md followed: live objects equal the state again."""

import shutil
import signal
import uuid
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from agno_ha.operations import recovery
from agno_ha.operations.errors import OperationError
from agno_ha.operations.workspace import Workspace
from agno_ha.targets.docker.images import Images
from engine.conftest import FULL, labelled, settings, state_files
from harness.deployment import Deployment, wait_for
from harness.pulumi import Pulumi


@pytest.fixture(scope="module")
def killed(tmp_path_factory: pytest.TempPathFactory, pinned: Images) -> Iterator[Deployment]:
    """A stack that is not up yet."""
    small = {"app": FULL["app"] | {"scheduler": {"enabled": False}, "image": pinned.app}}
    made = Deployment(
        tmp_path_factory.mktemp("killed"), "t-killed", way="pulumi", topology=small, docker=settings(pinned)
    )
    yield made
    made.down()


def kill_during_up(deployment: Deployment, moment: Callable[[], object]) -> None:
    """Start `pulumi up` and SIGKILL it, and it alone, when the moment has come."""
    log = deployment.workspace.root / "killed.log"
    process = Pulumi(deployment.workspace).start("up", "--yes", "--skip-preview", log=log)
    try:
        wait_for(lambda: moment() or process.poll() is not None, 120, "the moment", every=0.02)
        assert process.poll() is None, f"up ended before the moment: {log.read_text()}"
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    recovery.mend_attributes(
        deployment.workspace
    )  # cut off in one run of many; `cut_the_state_off` does it always


def live(deployment: Deployment) -> dict[str, set[str]]:
    """Ids of everything with the stack's label, by kind."""
    wanted = {"label": f"com.docker.stack.namespace={deployment.namespace}"}
    engine = deployment.engine
    return {
        "Service": {thing.id for thing in engine.services.list(filters=wanted)},
        "Secret": {thing.id for thing in engine.secrets.list(filters=wanted)},
        "ServiceConfig": {thing.id for thing in engine.configs.list(filters=wanted)},
        "Network": {thing.id for thing in engine.networks.list(filters=wanted)},
        "Volume": {thing.name for thing in engine.volumes.list(filters=wanted)},
    }


def in_state(deployment: Deployment) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {kind: set() for kind in live(deployment)}
    for entry in Pulumi(deployment.workspace).resources():
        if entry["type"].startswith("docker:"):
            found[entry["type"].rsplit(":", 1)[-1]].add(entry["id"])
    return found


def cut_the_state_off(deployment: Deployment) -> None:
    """What a SIGKILL leaves in the moment in which the backend has emptied a file's attributes to write them anew."""
    kept = deployment.workspace.private.parent / "state" / ".pulumi" / "stacks" / "agno-ha"
    (kept / f"{deployment.workspace.stack}.json.attrs").write_text("")
    pulumi = Pulumi(deployment.workspace)
    assert "EOF" in pulumi.run("stack", "export", code=None).stderr
    assert "Run recover" in " ".join(pulumi.agno_ha("down", code=2).stderr.split())


def recover(deployment: Deployment) -> None:
    """Follow docs/recovery.md up to the next `up`: nothing lives that the state does not know."""
    Pulumi(deployment.workspace).agno_ha("recover")
    known, there = in_state(deployment), live(deployment)
    volumes = there.pop("Volume")
    assert volumes >= known.pop("Volume")
    assert there == known


def bring_up(deployment: Deployment) -> None:
    """And its last step: live objects equal the state, and there is nothing left to do."""
    deployment.up()
    assert live(deployment) == in_state(deployment)
    pulumi = Pulumi(deployment.workspace)
    pulumi.run("refresh", "--yes", "--expect-no-changes")
    pulumi.run("preview", "--expect-no-changes")


def test_killed_right_after_the_networks(killed: Deployment) -> None:
    killed.pulumi()
    kill_during_up(killed, lambda: len(live(killed)["Network"]) == 2)
    refused = Pulumi(killed.workspace).run("up", "--yes", code=None)
    assert "locked" in refused.stderr + refused.stdout, "nothing was left to recover from"
    recover(killed)


def test_killed_in_the_middle_of_the_services(killed: Deployment) -> None:
    kill_during_up(killed, lambda: live(killed)["Service"])
    assert live(killed)["Service"] - in_state(killed)["Service"], "no service was left that no state knows"
    cut_the_state_off(killed)
    recover(killed)
    bring_up(killed)
    assert killed.run(f"after-{uuid.uuid4().hex[:8]}", "hello").status_code == 200


def test_killed_while_instances_are_replaced(killed: Deployment) -> None:
    session = f"kept-{uuid.uuid4().hex[:8]}"
    assert killed.run(session, "one").status_code == 200
    before = killed.replaced("web")
    killed.change({"app": {"environment": {"ROLL": "1"}}, "loadBalancer": {"bodyLimit": "50MiB"}})

    def rolling() -> bool:
        if not killed.replaced("web") - before:
            return False
        with pytest.raises(OperationError, match="A pulumi still works on stack t-killed"):
            recovery.refuse_while_at_work(killed.workspace)
        return True

    kill_during_up(killed, rolling)
    recover(killed)
    bring_up(killed)
    assert "I see 2 turns" in killed.run(session, "two").json()["content"]


def test_another_checkout_removes_nothing(killed: Deployment, tmp_path: Path) -> None:
    """As after `.agno-ha` was lost: neither with an empty state, nor with that of an up that failed on the names."""
    before = live(killed)
    clone = Workspace(tmp_path / "clone", killed.workspace.stack)
    shutil.copytree(killed.workspace.root, clone.root, ignore=shutil.ignore_patterns(".agno-ha"))
    file = clone.root / f"Pulumi.{clone.stack}.yaml"
    file.write_text(yaml.safe_dump({"config": yaml.safe_load(file.read_text())["config"]}))
    pulumi = Pulumi(clone)

    def refused() -> bool:
        return "Nothing was removed" in " ".join(pulumi.agno_ha("recover", code=2).stderr.split())

    assert refused()
    assert live(killed) == before
    failed = pulumi.run("up", "--yes", "--skip-preview", code=None)
    assert "already exists" in failed.stdout + failed.stderr
    assert refused()
    there = live(killed)
    assert {kind: there[kind] & ids for kind, ids in before.items()} == before
    assert killed.run(f"kept-{uuid.uuid4().hex[:8]}", "hello").status_code == 200
    recover(killed)  # what the other's up has left is younger than this state


def test_destroying_a_dev_stack_leaves_nothing(killed: Deployment) -> None:
    pulumi = Pulumi(killed.workspace)
    pulumi.run("destroy", "--yes")
    wait_for(lambda: not killed.containers("web"), 120, "the containers to be gone")
    assert labelled(killed) == {}
    assert pulumi.resources() == []
    pulumi.run("stack", "rm", "--yes", "--preserve-config")
    assert state_files(killed.workspace.root, killed.workspace.stack) == []
