"""The policies on the offline plan: what `pulumi preview --policy-pack policies` finds, without an engine."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import Any

from agno_ha_policies import UNKNOWN, Configuration, Finding, Resource, evaluate

from agno_ha.offline import Plan, Secret, Unknown


def run(plan: Plan, configuration: Configuration | None = None) -> list[Finding]:
    """Return the findings of every rule on a plan, sorted; empty when there are none.

    Args:
        plan: the program evaluated offline.
        configuration: levels and bounds (`Configuration.parse`). Default: the rules' own.
    """
    return evaluate(
        (
            Resource(
                resource.urn,
                resource.type,
                resource.name,
                resource.parent,
                _plain(resource.inputs),
                resource.protect,
                resource.ignored,
            )
            for resource in plan.resources
        ),
        configuration,
    )


def failed(findings: Sequence[Finding]) -> bool:
    """Whether a finding would stop the deployment."""
    return any(finding.level == "mandatory" for finding in findings)


def as_text(findings: Sequence[Finding]) -> str:
    """Return a report to read, without a final newline; one line where there are no findings."""
    if not findings:
        return "No findings."
    lines = [
        f"{finding.rule} [{finding.level}] {finding.resource}: {finding.path}: {finding.message}"
        for finding in findings
    ]
    mandatory = sum(finding.level == "mandatory" for finding in findings)
    return "\n".join([*lines, f"{len(findings)} finding{'s' * (len(findings) > 1)}, {mandatory} mandatory."])


def as_json(findings: Sequence[Finding]) -> str:
    """Return a JSON array, one object a finding: the fields of `Finding`, and the resource's logical name."""
    return json.dumps([{**asdict(finding), "resource": finding.resource} for finding in findings], indent=2)


def _plain(value: Any) -> Any:
    # Secrets in plain text, as Pulumi hands them to policies: no rule shows a value.
    if isinstance(value, Secret):
        return _plain(value.value)
    if isinstance(value, Unknown):
        return UNKNOWN
    if isinstance(value, Mapping):
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return value
