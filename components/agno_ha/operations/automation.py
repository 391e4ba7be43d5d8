"""Up and down over the Automation API: the way with the Pulumi CLI."""

from __future__ import annotations

import os
import secrets as random
from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import docker
from agno_ha_policies import Configuration
from pulumi import automation
from pulumi.automation import CommandError, EngineEvent

from agno_ha.operations import checks, swarm
from agno_ha.operations.swarm import OperationError, Progress
from agno_ha.operations.workspace import Workspace

_DATA = ("docker:index/volume:Volume", "random:index/randomPassword:RandomPassword")
"""What `down` leaves: the volumes and the secrets that open them."""


CONVERGED = 300
"""Seconds that services may take to settle after the provider was content with them."""


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


def up(workspace: Workspace, stack: automation.Stack, progress: Progress) -> automation.OutputMap:
    """Preview with the policies, then deploy; nothing is created where a mandatory policy is violated.

    Raises:
        ConfigurationError: the policies' own files are wrong.
        OperationError: a policy, the program or a provider refused, or the platform took an update back; with
            their own words.
    """
    pack = workspace.root / checks.PACK
    Configuration.load(pack)  # said in its own words, before the engine says that the pack did not start
    packs = [str(pack)] if (pack / "PulumiPolicy.yaml").exists() else []
    with _platform(workspace) as engine:
        earlier = swarm.before(engine, workspace.namespace) if engine else None
        seen = _Events(progress, steps=False)
        try:
            progress("Previewing with the policies")
            stack.preview(policy_packs=packs, on_event=seen.see)
            seen = _Events(progress)
            outputs = stack.up(policy_packs=packs, on_event=seen.see).outputs
        except CommandError as error:
            # The provider says that an update was rolled back; the engine knows why.
            why = swarm.reasons(engine, workspace.namespace, earlier) if engine and earlier else []
            raise OperationError("\n".join([explained(error, seen.errors), *why])) from None
        if engine:
            # The provider is content when enough tasks run, which they also do while an update is being judged.
            swarm.wait_converged(
                engine, workspace.namespace, timeout=CONVERGED, progress=_quiet, earlier=earlier
            )
    return outputs


def _platform(workspace: Workspace) -> AbstractContextManager[docker.DockerClient | None]:
    """Give the stack's Docker engine; None on other targets."""
    return swarm.engine() if workspace.values().get("target") == "docker" else nullcontext()


def _quiet(line: str) -> None:
    del line  # what the engine did was told by the events


def down(stack: automation.Stack, progress: Progress, *, data: bool) -> None:
    """Destroy the stack; without `data`, all but the volumes and the generated secrets.

    It refreshes first: the provider fails to delete what is already gone.

    Raises:
        OperationError: the data is protected, and nothing was deleted; or what the engine said.
    """
    seen = _Events(progress)
    try:
        resources = (stack.export_stack().deployment or {}).get("resources", [])
        if data:
            _refuse_protected(stack.name, resources)
            stack.destroy(on_event=seen.see, refresh=True)
            # Removing the stack would delete its stack file, which is the user's.
            stack.workspace.remove_stack(stack.name, preserve_config=True)
            return
        targets = [
            entry["urn"]
            for entry in resources
            if entry.get("custom") and entry["type"] not in _DATA and not entry["type"].startswith("pulumi:")
        ]
        if targets:
            stack.destroy(target=targets, on_event=seen.see, refresh=True)
    except CommandError as error:
        raise OperationError(explained(error, seen.errors)) from None


def _refuse_protected(stack: str, resources: Sequence[Mapping[str, Any]]) -> None:
    # The engine itself would find out only after it had taken the service down.
    names = [
        f"{urn.split('::')[-1]} ({kind.split(':')[-1]})"
        for urn, kind in ((entry["urn"], entry["type"]) for entry in resources if entry.get("protect"))
    ]
    if names:
        raise OperationError(
            f"Stack {stack} protects its data: {', '.join(names)}. Nothing was deleted. If it must go: "
            f"pulumi state unprotect --all --stack {stack}, then the same command again."
        )


class _Events:
    """Turns engine events into lines of progress, and keeps what went wrong."""

    def __init__(self, progress: Progress, *, steps: bool = True) -> None:
        self._progress = progress
        self._steps = steps
        self.errors: list[str] = []

    def see(self, event: EngineEvent) -> None:
        if self._steps and event.resource_pre_event:
            step = event.resource_pre_event.metadata
            if str(step.op) not in ("same", "OpType.SAME"):
                self._progress(f"{_word(step.op)} {step.urn.split('::')[-1]} ({step.type.split(':')[-1]})")
        if event.diagnostic_event and event.diagnostic_event.severity in ("error", "warning"):
            text = event.diagnostic_event.message.strip()
            if text.startswith("using pulumi-resource-"):
                return  # which plugin is on PATH is no news
            if event.diagnostic_event.severity == "error":
                self.errors.append(text)
            elif self._steps:
                self._progress(f"warning: {text}")
        if event.policy_event:
            text = f"{event.policy_event.policy_name}: {event.policy_event.message.strip()}"
            if event.policy_event.enforcement_level == "mandatory":
                self.errors.append(text)
            elif not self._steps:  # in the preview: the update would only repeat it
                self._progress(f"policy {text}")


def _word(operation: object) -> str:
    return str(getattr(operation, "value", operation)).replace("-", " ")


def explained(error: CommandError, errors: Sequence[str] = ()) -> str:
    """Return what the engine said was wrong, each thing once; without any, all that the command said."""
    return "\n".join(dict.fromkeys(errors)) or str(error)
