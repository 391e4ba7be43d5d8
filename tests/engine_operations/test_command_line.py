"""The full life of a Docker stack by `agno-ha` alone, as a person at a shell has it."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agno_ha.targets.docker.images import Images
from engine.conftest import labelled, settings
from harness.conversation import six_turns, talk
from harness.deployment import Deployment, wait_for
from harness.load import Load
from harness.pulumi import Pulumi

TOPOLOGY: dict[str, Any] = {
    "app": {
        "drain": {"delay": "3s", "timeout": "20s", "grace": "90s"},
        "health": {"startPeriod": "600s", "interval": "5s", "timeout": "10s"},
    },
    "scaling": {"min": 2, "max": 3},
    "postgres": {"pool": {"size": 4, "overflow": 4}},
}


@pytest.fixture
def stack(tmp_path: Path, pinned: Images) -> Iterator[Deployment]:
    made = Deployment(tmp_path / "life", "t-life", way="pulumi", topology=TOPOLOGY, docker=settings(pinned))
    made.change({"app": {"image": pinned.app}})
    try:
        yield made
    finally:
        if labelled(made):
            made.down()


def running(stack: Deployment) -> int:
    return int(stack.service("web").attrs["Spec"]["Mode"]["Replicated"]["Replicas"])


def test_the_whole_life_by_command_line(stack: Deployment, tmp_path: Path) -> None:
    shell = Pulumi(stack.workspace)

    def agno_ha(*arguments: str, code: int = 0) -> Any:
        done = shell.agno_ha(*arguments, "--json", code=code)
        return json.loads(done.stdout) if done.stdout.strip() else {}

    def key() -> str:
        return stack.workspace.security_key_file.read_text()

    # A violation is refused before anything is created.
    stack.change({"scaling": {"max": 11}, "postgres": {"pool": {"size": 3, "overflow": 3}}})
    refused = shell.agno_ha("up", code=1)
    assert "SCALE-001" in refused.stderr
    assert labelled(stack) == {}
    stack.change(TOPOLOGY)

    planned = agno_ha("plan")
    assert {change["op"] for change in planned["changes"]} == {"create"}
    assert planned["facts"]["connectionsNeeded"] <= planned["facts"]["connectionsUsable"]
    assert labelled(stack) == {}

    up = agno_ha("up")
    assert up["securityKey"] == "[secret]"
    stack.key = key()
    six_turns(stack)
    assert agno_ha("plan")["changes"] == []
    found = agno_ha("status")
    assert found["well"]
    assert {row["room"]: row["running"] for row in found["services"]}["web"] == 2

    # Another scale.
    stack.change({"scaling": {"min": 3}})
    [change] = [it for it in agno_ha("plan")["changes"] if it["resource"].endswith("(Service)")]
    assert (change["op"], change["resource"]) == ("update", "agno-web (Service)")
    agno_ha("up")
    assert running(stack) == 3

    # Scaled by hand: found, and put right.
    assert agno_ha("drift")["drift"] == []
    stack.service("web").scale(1)
    [drift] = agno_ha("drift", code=1)["drift"]
    assert drift["resource"] == "agno-web (Service)"
    assert running(stack) == 1
    assert agno_ha("drift", "--repair")["repaired"]
    assert running(stack) == 3
    assert agno_ha("drift")["drift"] == []

    # A backup, what comes after it, and back.
    talk(stack, "kept", 1)
    agno_ha("backup", "--out", str(tmp_path / "backup"))
    talk(stack, "kept", 2)
    agno_ha("restore", str(tmp_path / "backup"), "--yes")
    stack.until_ready()
    talk(stack, "kept", 2)

    # Other passwords, under load.
    before = {name: stack.secret(name) for name in ("postgres-password", "redis-password", "security-key")}
    with Load(stack, per_second=5) as load:
        load.reach(10)
        rotated = agno_ha("rotate", "--yes")
        wait_for(lambda: load.turns[-1].outcome == "401", 120, "the old key to be refused by every instance")
    assert set(load.seen()) <= {"401", "503"}, [it for it in load.failures if it[1] not in ("401", "503")]
    assert load.lost() == set()
    assert "security-key" in rotated["rotated"]
    assert not set(before.values()) & {stack.secret(name) for name in before}
    stack.key = key()
    talk(stack, "kept", 3)

    # And away.
    assert "Nothing was deleted" in shell.agno_ha("down", "--data", code=1).stderr
    shell.agno_ha("down", "--data", "--yes")
    assert labelled(stack) == {}
