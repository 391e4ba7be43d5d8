"""The stack over the Automation API: which CLI, which state, and what the engine is asked to do with them."""

from __future__ import annotations

import json
import os
import secrets as random
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agno_ha_policies import Configuration
from pulumi import automation

from agno_ha.credentials import PASSWORD
from agno_ha.operations import checks
from agno_ha.operations.errors import OperationError, Progress
from agno_ha.operations.workspace import Workspace

_DATA = frozenset({
    "docker:index/volume:Volume",
    "kubernetes:core/v1:PersistentVolumeClaim",
    "kubernetes:postgresql.cnpg.io/v1:Cluster",
    "aws:rds/instance:Instance",
    "aws:elasticache/replicationGroup:ReplicationGroup",
    PASSWORD,
})  # fmt: skip
"""What `down` leaves: what holds data, and the secrets that open it."""


def command(workspace: Workspace, progress: Progress) -> automation.PulumiCommand | None:
    """Return the Pulumi CLI: the one on PATH, else one installed by the Automation API; None where neither is had."""
    try:
        return automation.PulumiCommand()
    except Exception:
        progress("No pulumi on PATH; installing it for this project")
    try:
        return automation.PulumiCommand.install(root=str(workspace.root / ".agno-ha" / "pulumi"))
    except Exception:
        return None


def select(workspace: Workspace, cli: automation.PulumiCommand) -> automation.Stack:
    """Return the stack, made on first use.

    State and passphrase are Pulumi's usual ones where they are configured (PULUMI_BACKEND_URL or an access token,
    PULUMI_CONFIG_PASSPHRASE); otherwise both are kept in `.agno-ha/`.
    """
    options = automation.LocalWorkspaceOptions(pulumi_command=cli, env_vars=environment(workspace))
    return automation.create_or_select_stack(
        stack_name=workspace.stack, work_dir=str(workspace.root), opts=options
    )


def environment(workspace: Workspace) -> dict[str, str]:
    """Return what the CLI's environment lacks, so that `pulumi` by hand needs just the same."""
    missing: dict[str, str] = {}
    keep = workspace.private.parent
    if not os.environ.get("PULUMI_BACKEND_URL") and not os.environ.get("PULUMI_ACCESS_TOKEN"):
        (keep / "state").mkdir(mode=0o700, exist_ok=True)
        missing["PULUMI_BACKEND_URL"] = f"file://{keep / 'state'}"
        if not os.environ.get("PULUMI_CONFIG_PASSPHRASE") and not os.environ.get(
            "PULUMI_CONFIG_PASSPHRASE_FILE"
        ):
            passphrase = keep / "passphrase"
            if not passphrase.exists():
                workspace.keep(passphrase, random.token_urlsafe(32))
            missing["PULUMI_CONFIG_PASSPHRASE_FILE"] = str(passphrase)
    return missing


def packs(workspace: Workspace) -> list[str]:
    """Return the policy packs: the project's own where it has one, else one that starts the installed rules.

    Raises:
        ConfigurationError: the policies' own files are wrong, said before the engine says that a pack did not start.
    """
    directory = workspace.root.resolve() / checks.PACK
    Configuration.load(directory)
    return [str(directory if (directory / "PulumiPolicy.yaml").exists() else _pack(workspace, directory))]


def _pack(workspace: Workspace, directory: Path) -> Path:
    """Write a pack of the installed rules with the project's configuration; `pulumi` by hand can use it too."""
    pack = workspace.private / checks.PACK
    pack.mkdir(mode=0o700, exist_ok=True)
    # This interpreter's environment, which has the rules; outside of one it is python3 on PATH, as with any program.
    options = {"virtualenv": sys.prefix} if sys.prefix != sys.base_prefix else {}
    runtime = {"name": "python", "options": {"toolchain": "pip", **options}}
    workspace.keep(pack / "PulumiPolicy.yaml", json.dumps({"name": "agno-ha", "runtime": runtime}) + "\n")
    workspace.keep(
        pack / "__main__.py",
        "from pathlib import Path\n\nfrom agno_ha_policies.pulumi_adapter import start\n\n"
        f"start(Path({str(directory)!r}))\n",
    )
    return pack


def state(stack: automation.Stack) -> Mapping[str, Any]:
    """Return the stack's state, its secrets in plain text; empty where it has none."""
    return stack.export_stack().deployment or {}


def taken_back(state: Mapping[str, Any]) -> bool:
    """Return whether the last up ended in a deployment that ECS took back.

    The state then has what was asked for, and ECS what was before: an up that does not refresh would try nothing.
    """
    return any(
        entry["type"] == "aws:ecs/service:Service" and entry.get("initErrors")
        for entry in state.get("resources", [])
    )


def refuse_protected(stack: str, resources: Sequence[Mapping[str, Any]]) -> None:
    """Refuse to delete protected data: the engine would find out only after it had taken the service down.

    Raises:
        OperationError: something is protected.
    """
    names = [
        f"{urn.split('::')[-1]} ({kind.split(':')[-1]})"
        for urn, kind in ((entry["urn"], entry["type"]) for entry in resources if entry.get("protect"))
    ]
    if names:
        # AWS protects its own too, and would stop a destroy half-way.
        dev = f"set agno-ha:environment: dev in Pulumi.{stack}.yaml and bring the stack up, which gives it up"
        on_aws = any(entry["type"].startswith("aws:") for entry in resources)
        how = dev if on_aws else f"pulumi state unprotect --all --stack {stack}"
        raise OperationError(
            f"Stack {stack} protects its data: {', '.join(names)}. Nothing was deleted. If it must go: {how}, then "
            "the same command again."
        )


def without_data(resources: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """Return all but what holds data, the secrets that open it, and what these can't be without, as a namespace."""
    known = {entry["urn"]: entry for entry in resources}
    kept, found = set(), [entry["urn"] for entry in resources if entry["type"] in _DATA]
    while found:
        urn = found.pop()
        if urn not in kept:
            kept.add(urn)
            found += [each for each in known[urn].get("dependencies") or () if each in known]
    return [
        entry
        for entry in resources
        if entry.get("custom") and entry["urn"] not in kept and not entry["type"].startswith("pulumi:")
    ]


def remove(stack: automation.Stack) -> None:
    """Remove a stack that holds nothing, but not its file, which is the user's."""
    stack.workspace.remove_stack(stack.name, preserve_config=True)
