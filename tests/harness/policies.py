"""What the policy pack reports in the real `pulumi preview`, and what `agno-ha check` says of the same stack."""

from __future__ import annotations

import json
from typing import Any

from agno_ha.operations import automation
from agno_ha.operations.workspace import Workspace
from agno_ha_policies import RULES
from agno_ha_policies.model import StackRule
from pulumi.automation import CommandError, EngineEvent

from harness.pulumi import Pulumi

Found = set[tuple[str, str, str]]
"""Policy, URN and text of each."""


def reported(workspace: Workspace) -> Found:
    """Return everything that a preview with the project's pack reports."""
    found: Found = set()

    def see(event: EngineEvent) -> None:
        policy = event.policy_event
        if policy:
            text = policy.message.strip().splitlines()[-1]
            found.add((policy.policy_name, policy.resource_urn or "", text.replace("<{%reset%}>", "")))

    cli = automation.command(workspace, print)
    assert cli is not None
    try:
        stack = automation.select(workspace, cli)
        stack.preview(policy_packs=[str(workspace.root / "policies")], on_event=see)
    except CommandError:
        assert any(not name.endswith("-advisory") for name, _, _ in found)
    return found


def checked(workspace: Workspace) -> list[dict[str, Any]]:
    """Return the findings of `agno-ha check`, with no CLI, no engine and no cluster in reach."""
    home = str(workspace.root)
    nowhere = {
        "PATH": "/nowhere", "HOME": home, "DOCKER_HOST": "unix:///nowhere.sock", "KUBECONFIG": "/nowhere",
    }  # fmt: skip
    done = Pulumi(workspace).agno_ha("check", "--format", "json", code=None, **nowhere)
    assert done.returncode in (0, 1), done.stderr
    return list(json.loads(done.stdout)["findings"])


def as_policies(findings: list[dict[str, Any]]) -> Found:
    """Return findings of `agno-ha check` as the pack reports them."""
    together = {rule.id for rule in RULES if isinstance(rule, StackRule)}
    named = set()
    for finding in findings:
        rule = finding["rule"]
        about = rule.startswith("EXCEPTION")
        kind = "-stack" * (rule in together) + "-advisory" * (finding["level"] == "advisory")
        excepted = f" (excepted {finding['excepted']})" if finding["excepted"] else ""
        text = f"{rule}: {finding['path']}: {finding['message']}{excepted}"
        named.add((rule if about else rule.partition("-")[0] + kind, "" if about else finding["urn"], text))
    return named
