"""Other passwords and another API key under a load of POST runs."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.containers import execute
from harness.conversation import talk
from harness.deployment import Deployment, wait_for
from harness.leaks import Scan
from harness.load import Load
from harness.pulumi import Pulumi

from .conftest import patient

ROTATED = ("postgres-password", "postgres-admin-password", "redis-password", "security-key")


@pytest.fixture
def stack(tmp_path: Path) -> Iterator[Deployment]:
    made = patient(tmp_path / "stack", "t-rotate", drain="3s", scaling={"min": 2, "max": 3})
    try:
        made.up(timeout=900)
        yield made
    finally:
        made.down()


def test_other_passwords_under_load(stack: Deployment) -> None:
    before = {name: stack.secret(name) for name in ROTATED}
    old_key = stack.key
    talk(stack, "kept", 1)
    with Load(stack, per_second=8) as load:
        load.reach(40)
        done = Pulumi(stack.workspace).agno_ha("rotate", "--yes", "--json")
        # The clients of the load have the old key.
        wait_for(lambda: load.turns[-1].outcome == "401", 60, "the old key to be refused by every instance")
    print(f"rotated under {len(load.turns)} turns: {len(load.acknowledged)} acknowledged, {load.seen()}")
    assert set(load.seen()) <= {"401", "503"}, [it for it in load.failures if it[1] not in ("401", "503")]
    assert all(turn.retry_after for turn in load.turns if turn.outcome == "503")
    assert load.lost() == set()

    after = {name: stack.secret(name) for name in ROTATED}
    assert not set(before.values()) & set(after.values())
    result = json.loads(done.stdout)
    assert result["rotated"] == sorted(f"agno-{name}" for name in ROTATED)
    stack.key = Path(result["keyFile"]).read_text()
    assert stack.key == after["security-key"] != old_key
    stack.until_ready()
    talk(stack, "kept", 2)
    for name, room, user in (
        ("postgres-password", "postgres", "agno"),
        ("postgres-admin-password", "postgres", "postgres"),
    ):
        [container] = stack.containers(room)
        for password, expected in ((before[name], False), (after[name], True)):
            code, _ = execute(
                container,
                ["psql", "-h", "127.0.0.1", "-U", user, "-d", "agno", "-c", "SELECT 1"],
                {"PGPASSWORD": password},
            )
            assert (code == 0) is expected, name
    with Scan({**before, **after}) as scan:
        scan.stack(stack.engine, stack.namespace)
        scan.text("output", "rotate", done.stdout + done.stderr)


def test_a_rotation_that_was_cut_off_is_mended_by_another(
    stack: Deployment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Cut off at its worst: the server has passwords that nobody else was given yet."""
    from agno_ha.operations.errors import OperationError
    from agno_ha.operations.stores import rotation

    talk(stack, "kept", 1)

    def cut() -> None:
        raise OperationError("cut off")

    with pytest.raises(OperationError, match="cut off"):
        rotation.rotate(stack.workspace, print, cut)
    Pulumi(stack.workspace).agno_ha("rotate", "--yes")
    stack.key = stack.secret("security-key")
    stack.until_ready()
    talk(stack, "kept", 2)
