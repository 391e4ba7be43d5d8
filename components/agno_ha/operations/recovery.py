"""After a `pulumi` that was killed or lost its machine: what the engine has and what the state says agree again.

docs/recovery.md says the same in commands.
"""

from __future__ import annotations

import json
import os
import socket
from contextlib import suppress
from pathlib import Path

from pulumi.automation import CommandError

from agno_ha.operations import automation, swarm
from agno_ha.operations.swarm import OperationError, Progress
from agno_ha.operations.workspace import PROJECT, Workspace


def recover(workspace: Workspace, progress: Progress) -> None:
    """Make the state true again and remove what no state knows; volumes stay. Deploys nothing.

    Raises:
        OperationError: a `pulumi` still works on the stack, there is none, or a command of it failed.
    """
    if workspace.deployed_by == "docker":
        raise OperationError(
            "This stack was brought up without the Pulumi CLI and has no state. Run agno-ha up again."
        )
    cli = automation.command(workspace, progress)
    if cli is None:
        raise OperationError("Recovery needs the Pulumi CLI, which keeps the state. Put pulumi on PATH.")
    _refuse_while_at_work(workspace)
    stack = automation.select(workspace, cli)
    progress("Removing the lock of the interrupted run")
    with suppress(
        CommandError
    ):  # Pulumi Cloud says so where nothing is locked; a lock that stays stops the refresh
        stack.cancel()
    try:
        progress("Reading from the engine what became of the interrupted steps")
        stack.refresh(clear_pending_creates=True)
        resources = (stack.export_stack().deployment or {}).get("resources", [])
    except CommandError as error:
        raise OperationError(automation.explained(error)) from None
    known = {str(entry.get("id")) for entry in resources if entry["type"].startswith("docker:")}
    with swarm.engine() as client:
        swarm.remove_unknown(client, workspace.namespace, known, progress)


def _refuse_while_at_work(workspace: Workspace) -> None:
    """Refuse where the process that holds a lock still runs: without its lock two runs would mix.

    Only a backend in a directory tells who holds its locks, and only of this machine can it be seen who still runs.
    """
    backend = automation.environment(workspace).get("PULUMI_BACKEND_URL") or os.environ.get(
        "PULUMI_BACKEND_URL", ""
    )
    if not backend.startswith("file://"):
        return
    locks = Path(backend.removeprefix("file://")).expanduser() / ".pulumi" / "locks"
    for path in locks.glob(f"*/{PROJECT}/{workspace.stack}/*.json"):
        lock = json.loads(path.read_text())
        if lock.get("hostname") == socket.gethostname() and _runs(int(lock["pid"])):
            raise OperationError(
                f"A pulumi still works on stack {workspace.stack} (process {lock['pid']}, since {lock['timestamp']}). "
                "Wait for it, or end it, then recover."
            )


def _runs(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass  # somebody else's, and it runs
    return True
