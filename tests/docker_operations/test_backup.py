"""A backup taken under the eyes of users, and restored into a fresh stack that goes on where the old one was."""

import json
import shutil
import stat
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from harness import faults, postgres_17
from harness.conversation import talk
from harness.deployment import Deployment, wait_for
from harness.load import Load
from harness.pulumi import Pulumi

from .conftest import patient, without_pulumi


def small(directory: Path, stack: str, store: str) -> Deployment:
    scaling = {"min": 1, "max": 2}
    return patient(directory, stack, drain="1s", scaling=scaling, sessions={"store": store})


@pytest.fixture(params=["postgres", "redis"])
def pair(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[tuple[Deployment, Deployment]]:
    """A stack that is up, and a fresh one that is not."""
    old = small(tmp_path / "old", "t-old", request.param)
    new = small(tmp_path / "new", "t-new", request.param)
    try:
        old.up(timeout=900)
        yield old, new
    finally:
        old.down()
        new.down()


def test_a_fresh_stack_goes_on_from_a_backup(pair: tuple[Deployment, Deployment], tmp_path: Path) -> None:
    old, new = pair
    talk(old, "kept", 1)
    talk(old, "kept", 2)
    out = tmp_path / "backup"
    made = json.loads(Pulumi(old.workspace).agno_ha("backup", "--out", str(out), "--json").stdout)
    assert set(made["stores"]) == {"postgres", "redis"}
    assert {path.name: stat.S_IMODE(path.stat().st_mode) for path in [out, *out.iterdir()]} == {
        "backup": 0o700, "manifest.json": 0o600, "postgres.dump": 0o600, "redis.rdb": 0o600,
    }  # fmt: skip
    talk(old, "kept", 3)  # after the backup: not in it
    old.down()

    new.up(timeout=900)
    talk(new, "replaced", 1)
    broken = tmp_path / "broken"
    shutil.copytree(out, broken)
    with (broken / "postgres.dump").open("r+b") as file:
        file.seek(2000)
        file.write(b"\0\0\0\0")
    refused = Pulumi(new.workspace).agno_ha("restore", str(broken), "--yes", code=2)
    assert "is not what backup wrote" in refused.stderr
    talk(new, "replaced", 2)

    restored: dict[str, Any] = json.loads(
        Pulumi(new.workspace).agno_ha("restore", str(out), "--yes", "--json").stdout
    )
    assert restored["stack"] == "t-new"
    new.until_ready()
    talk(new, "kept", 3)
    talk(new, "replaced", 1)  # it is a new session again
    databases = {row[0] for row in new.sql("SELECT datname FROM pg_database", database="postgres")}
    assert databases == {"agno", "postgres", "template0", "template1"}
    assert new.redis("CONFIG", "GET", "appendonly").split()[-1] == "yes"
    # Restarted once more: what was restored is on the volume, and not only in memory.
    [before] = new.containers("redis")
    faults.kill(before)
    wait_for(lambda: set(new.containers("redis")) - {before}, 120, "Redis to be started again")
    new.until_ready()
    talk(new, "kept", 4)


def test_a_restore_under_load_loses_only_what_came_after_the_backup(
    pair: tuple[Deployment, Deployment], tmp_path: Path
) -> None:
    old, _ = pair
    talk(old, "kept", 1)
    with Load(old, per_second=5) as load:
        load.reach(10)
        Pulumi(old.workspace).agno_ha("backup", "--out", str(tmp_path / "backup"))
        load.reach(20)
        Pulumi(old.workspace).agno_ha("restore", str(tmp_path / "backup"), "--yes")
        old.until_ready()
        done = load.now()
        load.reach(len(load.acknowledged) + 10)
    assert set(load.seen()) <= {"503"}, load.failures
    assert all(turn.retry_after for turn in load.turns if turn.outcome == "503")
    talk(old, "kept", 2)
    late = {turn for turn in load.turns if turn.sent > done and turn.good}
    assert late


def test_a_stack_moves_to_another_major_version(tmp_path: Path) -> None:
    """As docs/commands.md says it: backup, away with the old files, up with the other version, restore."""
    stack, image = small(tmp_path / "stack", "t-major", "postgres"), postgres_17.image()
    shell, before, after = Pulumi(stack.workspace), str(tmp_path / "before"), str(tmp_path / "after")

    def away() -> None:
        shell.agno_ha("down", "--data", "--yes")
        without_pulumi(stack)

    try:
        stack.up(timeout=900)
        talk(stack, "kept", 1)
        assert stack.sql("SHOW server_version")[0][0].startswith("15.")
        shell.agno_ha("backup", "--out", before)
        away()

        stack.config["docker"]["images"] = {"postgres": image}
        stack.change({"postgres": {"version": 17}})
        stack.up(timeout=900)
        shell.agno_ha("restore", before, "--yes")
        stack.until_ready()
        talk(stack, "kept", 2)
        assert stack.sql("SHOW server_version")[0][0].startswith("17.")

        # Never the other way: what is newer is refused before anything is touched.
        shell.agno_ha("backup", "--out", after)
        away()
        del stack.config["docker"]["images"]
        stack.change({"postgres": {"version": 15}})
        stack.up(timeout=900)
        talk(stack, "other", 1)
        refused = shell.agno_ha("restore", after, "--yes", code=2)
        assert "Postgres 17" in refused.stderr
        talk(stack, "other", 2)
    finally:
        stack.down()
