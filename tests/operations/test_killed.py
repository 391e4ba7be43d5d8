"""What a `pulumi` that was killed while it wrote leaves in a backend in a directory."""

import json
import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from agno_ha.operations import recovery
from agno_ha.operations.errors import OperationError
from agno_ha.operations.workspace import Workspace

ATTRIBUTES = '{"user.content_type":"application/json","md5":"aGFsbG8="}\n'


@pytest.fixture
def workspace(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Workspace:
    monkeypatch.setenv("PULUMI_BACKEND_URL", f"file://{tmp_path / 'state'}")
    return Workspace(tmp_path, "dev")


@pytest.mark.parametrize("cut", ["", ATTRIBUTES[:20]], ids=["empty", "half"])
def test_attributes_cut_off_are_removed_and_nothing_else(workspace: Workspace, cut: str) -> None:
    kept = workspace.root / "state" / ".pulumi"
    stack = "stacks/agno-ha/dev.json"
    mended = (stack, f"{stack}.bak", "history/agno-ha/dev/dev-1.history.json")
    others = ("stacks/agno-ha/dev2.json", "stacks/other/dev.json")
    whole = "history/agno-ha/dev/dev-1.checkpoint.json"
    for name in (*mended, *others, whole):
        path = kept / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}")
        path.with_name(f"{path.name}.attrs").write_text(ATTRIBUTES if name == whole else cut)
    recovery.mend_attributes(workspace)
    there = {str(path.relative_to(kept)) for path in kept.rglob("*") if path.is_file()}
    assert there == {*mended, *others, whole, *(f"{name}.attrs" for name in (*others, whole))}


@pytest.mark.parametrize("backend", ["file://{}", "s3://bucket"], ids=["no file yet", "no directory"])
def test_where_nothing_is_kept_nothing_is_mended(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, backend: str
) -> None:
    monkeypatch.setenv("PULUMI_BACKEND_URL", backend.format(workspace.root))
    recovery.mend_attributes(workspace)
    recovery.refuse_while_at_work(workspace)


def test_who_holds_the_lock_works_until_it_has_ended(workspace: Workspace) -> None:
    lock = workspace.root / "state" / ".pulumi" / "locks" / "organization" / "agno-ha" / "dev" / "1.json"
    lock.parent.mkdir(parents=True)
    holder = subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE)
    lock.write_text(json.dumps({"pid": holder.pid, "hostname": socket.gethostname(), "timestamp": "now"}))
    with holder:
        with pytest.raises(OperationError, match=f"still works on stack dev .process {holder.pid},"):
            recovery.refuse_while_at_work(workspace)
        holder.kill()
        os.waitid(os.P_PID, holder.pid, os.WEXITED | os.WNOWAIT)  # ended, and its parent has not looked yet
        recovery.refuse_while_at_work(workspace)
