"""`make up` and its fellows: one command from nothing to an answered turn, with the Pulumi CLI or without."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Sequence
from typing import Any

from agno_ha import stack
from agno_ha.offline import Secret
from agno_ha.operations import automation, health, reach, stack_deploy, swarm, swarm_removal, swarm_services
from agno_ha.operations.carrying import held
from agno_ha.operations.errors import OperationError, Progress
from agno_ha.operations.model import Kind
from agno_ha.operations.workspace import Vault, Workspace
from agno_ha.targets.docker import images, url


def prepare(workspace: Workspace, progress: Progress, detail: Progress) -> stack.Stack:
    """Check the configuration, then make the engine, its Swarm and the images ready.

    Args:
        workspace: the project and its stack.
        progress: told of each step.
        detail: told of each line of a build or a download.
    """
    wanted = reach.read(workspace)
    with swarm.engine() as client:
        swarm.ensure_swarm(workspace, client, progress)
        if wanted.settings.publish_mode == "host":
            swarm.check_balancers(client, wanted.topology.load_balancer.replicas)
    progress("Finding the images; what the engine lacks is pulled, or built where no registry answers")
    try:
        images.resolve(wanted.topology, wanted.settings, detail)
    except images.MissingPackageError as error:
        if os.geteuid() != 0 or shutil.which("apt-get") is None:
            raise
        progress(f"Installing {error.package}")
        subprocess.run(["apt-get", "install", "-y", "-qq", error.package], check=False, capture_output=True)
        images.resolve(wanted.topology, wanted.settings, detail)
    return wanted


def up_without_cli(workspace: Workspace, wanted: stack.Stack, progress: Progress) -> None:
    """Bring a prepared stack up where no Pulumi CLI can be had.

    Raises:
        OperationRefusedError: another operation works on the stack.
        PolicyError: a mandatory policy is violated, and nothing was deployed.
        OperationError: it did not come up, or its passwords are not here and nothing was touched.
    """
    progress(
        "No Pulumi CLI can be had: the same program is evaluated offline and run by `docker stack deploy`"
    )
    with held(workspace, Kind.UP), swarm.engine() as client:
        _refuse_others(workspace, swarm_removal.standing(client, workspace.namespace, data=True))
        plan = stack_deploy.up(workspace, client, progress=progress)
        here = swarm_services.here(client, workspace.namespace)
    if key := _plain(plan.outputs.get("securityKey")):
        workspace.keep(workspace.security_key_file, str(key))
    health.ask(url(wanted.topology), progress, here=here)


def take_down(workspace: Workspace, progress: Progress, *, data: bool, cli: bool) -> None:
    """Take down what the operations leave: without the CLI everything; the private files, and a Swarm made here.

    Raises:
        OperationError: without `data`, it is a stack whose passwords are not here; or with it, some of its data is on
            another node; and nothing was touched.
    """
    with swarm.engine() as client:
        # An earlier down may have left it, and the volumes stay.
        swarm.ensure_swarm(workspace, client, progress)
        if not cli:
            if data:
                swarm_removal.check_volumes(client, workspace.namespace, progress)
            else:
                _refuse_others(workspace, swarm_removal.standing(client, workspace.namespace, data=False))
            swarm_removal.remove(client, workspace.namespace, data=data, progress=progress)
        if data:
            for path in sorted(workspace.private.rglob("*"), reverse=True):
                path.rmdir() if path.is_dir() else path.unlink()
        swarm.leave_swarm(workspace, client, progress)


def has_cli(workspace: Workspace, progress: Progress) -> bool:
    """Return whether the Pulumi CLI is the stack's way; a stack stays on the way that made it."""
    before = workspace.deployed_by
    if before == "docker":
        progress(
            "This stack was brought up without the Pulumi CLI and stays so (docs/without-pulumi.md: how to move)"
        )
        return False
    found = automation.command(workspace, progress) is not None
    if not found and before == "pulumi":
        raise OperationError(
            "This stack was brought up with the Pulumi CLI, whose state knows its passwords. Put pulumi on PATH."
        )
    return found


def _refuse_others(workspace: Workspace, found: Sequence[str]) -> None:
    """Refuse where the engine has a stack whose passwords this checkout lacks: new ones would open none of its data."""
    if found and not Vault(workspace).kept:
        raise OperationError(
            f"The engine has {', '.join(found)}, but here is no .agno-ha/{workspace.stack}/secrets.json with the "
            "passwords: another checkout brought this stack up. Nothing was touched. Run this there, or copy its "
            f".agno-ha/{workspace.stack} here. To delete that stack and its data: "
            f"agno-ha down --data --stack {workspace.stack}"
        )


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Secret) else value
