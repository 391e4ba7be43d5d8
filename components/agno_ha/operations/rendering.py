"""A stack as files, for those who deploy without Pulumi: `docker stack deploy`, or GitOps in a cluster."""

from __future__ import annotations

from pathlib import Path

from agno_ha.operations import checks
from agno_ha.operations.workspace import Workspace
from agno_ha.render import manifests, stack


def files(workspace: Workspace, out: Path) -> list[str]:
    """Write a stack's files; references as configured, no engine, cluster or credentials needed.

    Returns:
        What to say: the path of the file to deploy, then what it needs beside it.
    """
    plan = checks.plan(workspace)
    if workspace.values().get("target") != "kubernetes":
        return [str(stack.render(plan, workspace.namespace).write(out))]
    rendered = manifests.render(plan)
    said = [str(rendered.write(out))]
    if rendered.secrets:
        said.append("Secrets that must exist in the namespace:")
        said += [f"  {name}: {', '.join(keys)}" for name, keys in rendered.secrets.items()]
    return said
