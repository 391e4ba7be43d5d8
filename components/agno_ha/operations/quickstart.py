"""`make up` and its fellows: one command from nothing to an answered turn, with the Pulumi CLI or without."""

from __future__ import annotations

import os
import shutil
import ssl
import subprocess
import urllib.request
from pathlib import Path
from typing import Any

from pulumi import automation as pulumi_automation
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from agno_ha import stack, targets
from agno_ha.offline import Secret
from agno_ha.operations import automation, checks, stack_deploy, swarm
from agno_ha.operations.swarm import OperationError, Progress
from agno_ha.operations.workspace import Workspace
from agno_ha.render.stack import render
from agno_ha.targets.docker import images, url


def prepare(workspace: Workspace, progress: Progress, detail: Progress) -> stack.Stack:
    """Check the configuration, then make the engine, its Swarm and the images ready.

    Args:
        workspace: the project and its stack.
        progress: told of each step.
        detail: told of each line of a build or a download.
    """
    wanted = _read(workspace)
    client = swarm.engine()
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


def up(workspace: Workspace, progress: Progress, detail: Progress) -> str:
    """Bring the stack up and return what a person does next."""
    wanted = prepare(workspace, progress, detail)
    cli = _command(workspace, progress)
    if cli is not None:
        outputs = automation.up(workspace, automation.select(workspace, cli), progress)
        key = outputs["securityKey"].value if "securityKey" in outputs else None
    else:
        progress(
            "No Pulumi CLI can be had: the same program is evaluated offline and run by `docker stack deploy`"
        )
        plan = stack_deploy.up(workspace, swarm.engine(), progress=progress)
        key = _plain(plan.outputs.get("securityKey"))
    if key:
        workspace.keep(workspace.security_key_file, str(key))
    address = url(wanted.topology)
    _until_ready(address, progress)
    return _next_steps(workspace, address, authenticated=bool(key), cli=cli is not None)


def down(workspace: Workspace, progress: Progress, *, data: bool) -> None:
    """Take the stack down; with `data`, its volumes and generated secrets too."""
    _only_docker(workspace)
    client = swarm.engine()
    cli = _command(workspace, progress)
    if cli is not None:
        automation.down(automation.select(workspace, cli), progress, data=data)
    else:
        swarm.remove(client, workspace.namespace, data=data, progress=progress)
    if data:
        for path in sorted(workspace.private.rglob("*"), reverse=True):
            path.rmdir() if path.is_dir() else path.unlink()
    swarm.leave_swarm(workspace, client, progress)


def render_files(workspace: Workspace, out: Path) -> Path:
    """Write stack.yaml and its configs for a stack; references as configured, no engine needed."""
    _only_docker(workspace)
    return render(checks.plan(workspace), workspace.namespace).write(out)


def _read(workspace: Workspace) -> stack.Stack:
    source = f"Pulumi.{workspace.stack}.yaml"
    _only_docker(workspace)
    return stack.read(workspace.root / "topology.yaml", workspace.values(), source=source)


def _only_docker(workspace: Workspace) -> None:
    target = workspace.values().get("target")
    if target in targets.NAMES and target != "docker":
        raise OperationError(
            f"Stack {workspace.stack} runs on {target}, and this command is for Docker stacks. Use `pulumi`: "
            f"`pulumi up --stack {workspace.stack} --policy-pack policies` brings it up."
        )


def _command(workspace: Workspace, progress: Progress) -> pulumi_automation.PulumiCommand | None:
    """Return the CLI, or None for the way without it; a stack stays on the way that made it."""
    before = workspace.deployed_by
    if before == "docker":
        progress(
            "This stack was brought up without the Pulumi CLI and stays so (docs/without-pulumi.md: how to move)"
        )
        return None
    cli = automation.command(workspace, progress)
    if cli is None and before == "pulumi":
        raise OperationError(
            "This stack was brought up with the Pulumi CLI, whose state knows its passwords. Put pulumi on PATH."
        )
    workspace.keep(workspace.private / "deployed-by", "pulumi" if cli else "docker")
    return cli


def _until_ready(address: str, progress: Progress) -> None:
    """Wait until an instance answers /ready through the load balancer."""
    progress(f"Waiting for the first answer at {address}")
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE  # only whether it answers; a generated certificate has no authority
    for attempt in Retrying(
        retry=retry_if_exception_type(OSError), stop=stop_after_delay(120), wait=wait_fixed(0.5), reraise=True
    ):
        with attempt, urllib.request.urlopen(f"{address}/ready", timeout=10, context=context):  # noqa: S310
            return


def _plain(value: Any) -> Any:
    return value.value if isinstance(value, Secret) else value


def _next_steps(workspace: Workspace, address: str, *, authenticated: bool, cli: bool) -> str:
    key_file = workspace.security_key_file.relative_to(workspace.root)
    header = f' \\\n    -H "Authorization: Bearer $(cat {key_file})"' if authenticated else ""
    insecure = " -k" if address.startswith("https") else ""
    stack = "" if workspace.stack == "dev" else f" STACK={workspace.stack}"  # make's default
    return f"""
Agno is up{"" if cli else " (without the Pulumi CLI: by docker stack deploy)"}.

  URL      {address}
  API key  {key_file if authenticated else "none: authentication is off"}
  Talk     curl{insecure} {address}/agents/assistant/runs{header} \\
    -F message="Hello" -F session_id=first -F stream=false
  Logs     docker service logs -f {workspace.namespace}_web
  Status   docker stack services {workspace.namespace}
  Down     make down{stack}        (keeps the data)
           make down-data{stack}   (deletes it, after asking)"""
