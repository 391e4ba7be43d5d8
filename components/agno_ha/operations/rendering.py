"""A stack as files, for those who deploy without Pulumi: `docker stack deploy`, or GitOps in a cluster."""

from __future__ import annotations

from pathlib import Path

from agno_ha.configuration import ConfigurationError, Problem
from agno_ha.operations import checks
from agno_ha.operations.workspace import Workspace
from agno_ha.render import manifests, stack


def files(workspace: Workspace, out: Path) -> list[str]:
    """Write a stack's files; references as configured, no engine, cluster or credentials needed.

    Returns:
        What to say: the path of the file to deploy, then what it needs beside it.

    Raises:
        ConfigurationError: the target has no files that would deploy it.
    """
    target = workspace.values().get("target")
    if target == "ecs":
        fix = f"Use `pulumi up --stack {workspace.stack} --policy-pack policies`"
        message = "nothing but Pulumi deploys it"
        raise ConfigurationError(
            [Problem(f"Pulumi.{workspace.stack}.yaml", "agno-ha:target", target, message, fix)]
        )
    plan = checks.plan(workspace)
    if target != "kubernetes":
        return [str(stack.render(plan, workspace.namespace).write(out))]
    rendered = manifests.render(plan)
    said = [str(rendered.write(out))]
    if rendered.secrets:
        said.append("Secrets that must exist in the namespace:")
        said += [f"  {name}: {', '.join(keys)}" for name, keys in rendered.secrets.items()]
    return said
