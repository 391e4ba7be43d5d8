"""Up without the Pulumi CLI: the same program as an offline plan, rendered, and run by `docker stack deploy`."""

from __future__ import annotations

import base64
import hashlib
import hmac
import os
import subprocess
from collections.abc import Mapping
from typing import Any

import docker
from docker.errors import APIError

from agno_ha import offline
from agno_ha.check import formats
from agno_ha.configuration import PROJECT
from agno_ha.credentials import PASSWORD
from agno_ha.offline import Plan
from agno_ha.operations import checks, reach, swarm_services
from agno_ha.operations.errors import OperationError, PolicyError, Progress
from agno_ha.operations.workspace import Vault, Workspace
from agno_ha.render.stack import Rendered, render
from agno_ha.targets.docker.swarm_names import NAMESPACE_LABEL

_SECRET = "docker:index/secret:Secret"  # noqa: S105 - a type


def plan(workspace: Workspace, vault: Vault) -> Plan:
    """Evaluate the program with the secrets of the vault, and those that are given; what it makes is not saved.

    Raises:
        PolicyError: a mandatory policy is violated.
    """
    config = {f"{PROJECT}:{key}": offline.wire(value) for key, value in workspace.values().items()}
    secrets = given(workspace)
    config |= {f"{PROJECT}:{key}": value for key, value in secrets.items()}
    salt = vault.generated("naming", 40).encode()

    def outputs(kind: str, name: str, inputs: Mapping[str, Any]) -> Mapping[str, Any]:
        if kind == PASSWORD:
            return {"result": vault.generated(name, int(inputs["length"]))}
        if kind == _SECRET:
            # A keyed hash: a new value makes a new name, and the name tells nothing of the value.
            digest = hmac.new(salt, str(inputs["data"]).encode(), hashlib.sha256).hexdigest()[:12]
            return {"name": f"{workspace.namespace}_{name}-{digest}"}
        return {}

    made = offline.evaluate(
        workspace.root,
        workspace.stack,
        config,
        secret_keys=frozenset(f"{PROJECT}:{key}" for key in secrets),
        outputs=outputs,
    )
    report = checks.on_plan(workspace, made)
    if report.failed:
        raise PolicyError(f"Nothing was deployed: the policies found\n{formats.text(report)}")
    return made


def given(workspace: Workspace) -> dict[str, str]:
    """Return the stack file's encrypted values by key: the CLI alone could open them, so the environment has them.

    Raises:
        OperationError: it lacks some; each is `AGNO_HA_<KEY>`.
    """
    found = {key: os.environ.get(_variable(key)) for key in workspace.encrypted()}
    if missing := [key for key, value in found.items() if value is None]:
        names = ", ".join(map(_variable, missing))
        raise OperationError(
            f"Pulumi.{workspace.stack}.yaml has encrypted values that only the Pulumi CLI can open. "
            f"Without it, set {names} in the environment."
        )
    return {key: str(value) for key, value in found.items()}


def up(
    workspace: Workspace, client: docker.DockerClient, *, progress: Progress, timeout: float = 900
) -> Plan:
    """Deploy or update the stack and wait until it has converged.

    Raises:
        PolicyError: a mandatory policy is violated; nothing was deployed.
        OperationError: it did not come up; what ran before still does.
    """
    vault = Vault(workspace)
    made = plan(workspace, vault)
    for warning in made.warnings:
        progress(f"warning: {warning}")
    files = render(made, workspace.namespace)
    path = files.write(workspace.private)
    command = reach.tool("docker", "Debian: apt-get install docker.io")
    # Not before: an up that was refused leaves nothing that says that this checkout has a stack, and which way.
    vault.save()
    workspace.keep(workspace.private / "deployed-by", "docker")
    _create_secrets(files, client, workspace.namespace)
    progress(f"docker stack deploy {workspace.namespace}")
    done = subprocess.run(
        [
            command,
            "stack",
            "deploy",
            "--prune",
            "--resolve-image",
            "never",
            "--with-registry-auth",  # or other nodes could not pull from a private one
            "-c",
            path.name,
            workspace.namespace,
        ],
        cwd=path.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise OperationError(f"docker stack deploy failed: {done.stderr.strip()}")
    swarm_services.wait_converged(client, workspace.namespace, timeout=timeout, progress=progress)
    _prune(files, client, workspace.namespace)
    return made


def _create_secrets(files: Rendered, client: docker.DockerClient, namespace: str) -> None:
    present = {
        secret.name for secret in client.secrets.list(filters={"label": f"{NAMESPACE_LABEL}={namespace}"})
    }
    for name, secret in files.secrets.items():
        if name not in present:
            data = base64.b64decode(secret.value)
            client.secrets.create(name=name, data=data, labels={NAMESPACE_LABEL: namespace})


def _prune(files: Rendered, client: docker.DockerClient, namespace: str) -> None:
    """Remove secrets and configs of earlier deployments; what a task still uses stays for the next time."""
    wanted = {"label": f"{NAMESPACE_LABEL}={namespace}"}
    for kind, kept in ((client.secrets, files.secrets), (client.configs, files.configs)):
        for thing in kind.list(filters=wanted):
            if thing.name not in kept:
                try:
                    thing.remove()
                except APIError as error:
                    if error.status_code != 400:
                        raise


def _variable(key: str) -> str:
    # No shell sets a name with a hyphen in it.
    return f"AGNO_HA_{key.upper().replace('-', '_')}"
