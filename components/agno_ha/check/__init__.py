"""The policies on resources that no engine is asked for: an offline plan, a saved preview or a saved state."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from agno_ha_policies import UNKNOWN, Configuration, Finding, Resource, evaluate
from agno_ha_policies.picture import Picture, pictures

from agno_ha.check.origin import Line, Origin
from agno_ha.offline import Plan, Secret, Unknown


@dataclass(frozen=True)
class Located:
    """A finding, and the line of the configuration that caused it."""

    finding: Finding
    line: Line | None


@dataclass(frozen=True)
class Report:
    """What a check found."""

    found: tuple[Located, ...]
    pictures: tuple[Picture, ...]
    """Who uses how many connections of which Postgres."""
    source: str
    """The file that was looked at, for findings that no line caused."""

    @property
    def findings(self) -> list[Finding]:
        """The findings, sorted."""
        return [located.finding for located in self.found]

    @property
    def failed(self) -> bool:
        """Whether a finding would stop the deployment."""
        return failed(self.findings)


def run(
    resources: Sequence[Resource], configuration: Configuration, origin: Origin, *, source: str
) -> Report:
    """Check resources.

    Args:
        resources: a whole stack's.
        configuration: levels, bounds and exceptions.
        origin: finds the lines that caused findings.
        source: the file that was looked at.
    """
    known = {resource.urn: resource for resource in resources}
    found = [Located(finding, origin.of(finding, known)) for finding in evaluate(resources, configuration)]
    return Report(tuple(found), tuple(pictures(resources)), source)


def failed(findings: Iterable[Finding]) -> bool:
    """Whether a finding would stop the deployment."""
    return any(finding.level == "mandatory" for finding in findings)


def resources_of(plan: Plan) -> list[Resource]:
    """Return a plan's resources as rules look at them."""
    return [
        Resource(
            each.urn, each.type, each.name, each.parent, _plain(each.inputs),
            protect=each.protect, ignored=each.ignored, made_of=each.made_of,
        )
        for each in plan.resources
    ]  # fmt: skip


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
