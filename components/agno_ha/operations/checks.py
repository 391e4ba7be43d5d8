"""The policies without an engine: on a stack's offline plan, or on a saved preview or state."""

from __future__ import annotations

from collections.abc import Callable
from enum import StrEnum
from functools import partial
from pathlib import Path

from agno_ha_policies import Configuration

from agno_ha import check, offline, placeholders
from agno_ha.check import formats, saved
from agno_ha.check.origin import Origin
from agno_ha.check.sarif import sarif
from agno_ha.configuration import PROJECT, ConfigurationError
from agno_ha.offline import Plan
from agno_ha.operations.errors import Progress
from agno_ha.operations.workspace import Workspace

PACK = "policies"
"""The pack's directory, which holds its configuration too."""


class Format(StrEnum):
    """How a report is written."""

    TEXT = "text"
    JSON = "json"
    SARIF = "sarif"
    MARKDOWN = "markdown"


_WRITERS: dict[Format, Callable[[check.Report], str]] = {
    Format.TEXT: formats.text,
    Format.JSON: formats.as_json,
    Format.SARIF: sarif,
    Format.MARKDOWN: formats.markdown,
}


def of_stack(workspace: Workspace, style: Format, progress: Progress) -> tuple[str, bool]:
    """Return the report on a stack's offline plan, and whether a mandatory rule is violated; its warnings are told."""
    made = plan(workspace)
    for warning in made.warnings:
        progress(f"warning: {warning}")
    report = on_plan(workspace, made)
    return _WRITERS[style](report), report.failed


def on_plan(workspace: Workspace, made: Plan) -> check.Report:
    """Return what the policies find in a stack's plan.

    Raises:
        ConfigurationError: the policies' configuration is wrong, with every problem of every file.
    """
    rules = Configuration.load(workspace.root / PACK, workspace.values().get("environment"))
    origin = Origin(workspace.root, workspace.stack)
    return check.run(check.resources_of(made), rules, origin, source=f"Pulumi.{workspace.stack}.yaml")


def of_file(root: Path, path: Path, style: Format) -> tuple[str, bool]:
    """Return the report on a saved preview or state; its URNs say which stack it is."""
    found = saved.read(path)
    try:
        environment = Workspace(root, found.stack).values().get("environment")
    except ConfigurationError:
        environment = None  # another project's stack: the strictest
    rules = Configuration.load(root / PACK, environment)
    report = check.run(found.resources, rules, Origin(root, found.stack), source=path.name)
    return _WRITERS[style](report), report.failed


def plan(workspace: Workspace) -> Plan:
    """Evaluate the program with placeholders for all secrets and images as they are referred to."""
    config = {
        f"{PROJECT}:{key}": offline.wire(value)
        for key, value in {**workspace.values(), "resolveImages": "false"}.items()
    }
    secrets = {f"{PROJECT}:{key}": placeholders.SECRET for key in workspace.encrypted()}

    return offline.evaluate(
        workspace.root,
        workspace.stack,
        {**config, **secrets},
        secret_keys=frozenset(secrets),
        outputs=partial(placeholders.outputs, workspace.namespace),
    )
