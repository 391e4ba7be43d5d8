"""Rules on resources: one resource, or all of a stack."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from agno_ha_policies.catalogue import RULES
from agno_ha_policies.configuration import Configuration
from agno_ha_policies.model import SERVICE, Finding, Resource, ResourceRule, Rule, StackRule, Violation
from agno_ha_policies.view import View


def evaluate(resources: Iterable[Resource], configuration: Configuration | None = None) -> list[Finding]:
    """Return the findings of every rule on a whole stack, sorted.

    Args:
        resources: the stack's resources, in any order.
        configuration: levels and bounds. Default: the rules' own.
    """
    configuration = configuration or Configuration()
    known = {resource.urn: resource for resource in resources}
    findings: list[Finding] = []
    for rule in RULES:
        findings += _finish(rule, judge(rule, known.values(), known, configuration), configuration)
    return sorted(findings)


Found = tuple[Violation, bool]
"""A violation, and whether it is a check that could not be made."""


def judge(
    rule: ResourceRule[Any] | StackRule[Any],
    resources: Iterable[Resource],
    known: Mapping[str, Resource],
    configuration: Configuration,
) -> list[Found]:
    """Return what one rule finds in some resources; `known` holds at least everything above them, by URN."""
    unreadable: dict[tuple[str, str], str] = {}
    views = []
    # In one order, however the engine registers them: a message that names several must not change.
    for resource in sorted(resources, key=lambda resource: resource.urn):
        if resource.type in rule.types:
            owner = _owner(resource, known)
            bounds = configuration.bounds(rule, owner)
            views.append(View(resource, bounds, owner if owner is not resource else None, unreadable))
    if isinstance(rule, StackRule):
        violations = list(rule.check(views))
    else:
        violations = [violation for view in views for violation in rule.check(view)]
    unchecked = [
        Violation(urn, path, f"could not be checked: {reason}") for (urn, path), reason in unreadable.items()
    ]
    return [(violation, False) for violation in violations] + [(violation, True) for violation in unchecked]


def _finish(rule: Rule[Any], found: Iterable[Found], configuration: Configuration) -> list[Finding]:
    """Add what the rule and the configuration say; what is disabled is left out."""
    levels = {unknown: configuration.level(rule, unknown=unknown) for unknown in (False, True)}
    return [
        Finding(
            rule=rule.id,
            urn=violation.urn,
            path=violation.path,
            message=violation.message,
            unknown=unknown,
            level=levels[unknown],
            severity=rule.severity,
            remediation=rule.remediation,
        )
        for violation, unknown in found
        if levels[unknown] != "disabled"
    ]


def _owner(resource: Resource, known: Mapping[str, Resource]) -> Resource | None:
    """Return the nearest AgnoService, the resource itself included."""
    current: Resource | None = resource
    while current is not None and current.type != SERVICE:
        current = known.get(current.parent)
    return current
