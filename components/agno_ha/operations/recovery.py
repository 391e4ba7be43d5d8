"""After a `pulumi` that was killed or lost its machine: what the platform has and what the state says agree again.

docs/recovery.md says the same in commands.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from pathlib import Path
from typing import Any

from pulumi.automation import CommandError, Stack

from agno_ha.configuration import PROJECT
from agno_ha.operations import automation, processes
from agno_ha.operations.errors import OperationError, Progress
from agno_ha.operations.workspace import Workspace

_BY_HAND = {
    "kubernetes": "kubectl get all,secret,configmap,pvc -A -l app.kubernetes.io/instance={namespace}",
    "ecs": "AWS's Tag Editor, tag agno-ha:stack = {namespace}",
}


def refuse_while_at_work(workspace: Workspace) -> None:
    """Refuse where the process that holds a lock still runs: without its lock two runs would mix.

    Only a backend in a directory tells who holds its locks, and only of this machine can it be seen who still runs.

    Raises:
        OperationError: a `pulumi` still works on the stack.
    """
    for path in _kept(workspace, f"locks/*/{PROJECT}/{workspace.stack}/*.json"):
        with suppress(FileNotFoundError):  # its run ends just now
            lock = json.loads(path.read_text())
            if lock.get("hostname") == socket.gethostname() and processes.runs(int(lock["pid"])):
                raise OperationError(
                    f"A pulumi still works on stack {workspace.stack} (process {lock['pid']}, since "
                    f"{lock['timestamp']}). Wait for it, or end it, then recover."
                )


def mend_attributes(workspace: Workspace) -> None:
    """Remove the attributes of the state's files whose writing was cut off: nothing is read from them but "EOF".

    A backend in a directory writes the attributes of a file in place, before the file itself goes there in one piece.
    """
    stack = f"{PROJECT}/{workspace.stack}"
    for path in _kept(workspace, f"stacks/{stack}.json*.attrs", f"history/{stack}/*.attrs"):
        try:
            json.loads(path.read_text())
        except json.JSONDecodeError:
            path.unlink()


def _kept(workspace: Workspace, *patterns: str) -> list[Path]:
    """Return the files of a backend in a directory; none of another backend."""
    name = "PULUMI_BACKEND_URL"
    backend = automation.environment(workspace).get(name) or os.environ.get(name, "")
    if not backend.startswith("file://"):
        return []
    root = Path(backend.removeprefix("file://")).expanduser() / ".pulumi"
    return [path for pattern in patterns for path in root.glob(pattern)]


def unlock(stack: Stack) -> None:
    """Remove the lock of a run that was killed."""
    # Pulumi Cloud says so where nothing is locked; a lock that stays stops what comes next.
    with suppress(CommandError):
        stack.cancel()


def remove_unknown(workspace: Workspace, resources: Sequence[Mapping[str, Any]], progress: Progress) -> None:
    """Remove what carries the stack's label and is in no state; volumes stay.

    Docker alone: an object of Kubernetes is taken over by the next up, which applies it on the server's side, and one
    of AWS may cost money or hold data, which a person should look at.

    Raises:
        OperationError: some of it is older than the state, and nothing was removed.
    """
    target = str(workspace.values().get("target"))
    if target != "docker":
        where = _BY_HAND.get(target, "").format(namespace=workspace.namespace)
        progress(f"Objects that no state knows are not removed on {target}; look for them: {where}")
        return
    from agno_ha.operations import swarm, swarm_removal

    known = {str(entry.get("id")) for entry in resources if entry["type"].startswith("docker:")}
    begun = next(
        (entry.get("created") for entry in resources if entry["type"] == "pulumi:pulumi:Stack"), None
    )
    since = datetime.fromisoformat(begun) if begun else None
    with swarm.engine() as client:
        if not swarm.is_one(client):
            return
        # No interrupted run of this state made what is older than the state: it was lost, or it is another's stack.
        if foreign := swarm_removal.unknown_before(client, workspace.namespace, known, since):
            raise OperationError(_foreign(workspace, foreign))
        swarm_removal.remove_unknown(client, workspace.namespace, known, progress)


def _foreign(workspace: Workspace, names: Sequence[str]) -> str:
    stack, more = workspace.stack, f" and {len(names) - 5} more" if len(names) > 5 else ""
    return (
        f"The engine has what is older than the state of stack {stack} and not in it: {', '.join(names[:5])}{more}. "
        "Nothing was removed: another checkout brought it up, or its state was lost, and the passwords of its data may "
        "be nowhere else. Run this where it was brought up, or bring its state and passphrase here "
        "(docs/operations.md: where things are). If it must go: docs/recovery.md, by hand."
    )
