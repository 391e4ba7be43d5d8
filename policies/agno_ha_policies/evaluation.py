"""Rules on resources: one resource, or all of a stack."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any

from agno_ha_policies.catalogue import RULES
from agno_ha_policies.configuration import Configuration, environment_of
from agno_ha_policies.model import SERVICE, B, Finding, Resource, ResourceRule, Rule, StackRule, Violation
from agno_ha_policies.view import View

BoundsOf = Callable[[Resource | None], Any]
"""The owning AgnoService, or None → the rule's bounds."""


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
        bounds = partial(_configured, configuration, rule)
        findings += finish(rule, of_stack(rule, known, bounds), configuration)
    return sorted(findings)


def _configured(configuration: Configuration, rule: Rule[Any], owner: Resource | None) -> Any:
    return configuration.bounds(rule, environment_of(owner))


Found = tuple[Violation, bool]
"""A violation, and whether it is a check that could not be made."""


def of_stack(
    rule: ResourceRule[Any] | StackRule[Any], known: Mapping[str, Resource], bounds: BoundsOf
) -> list[Found]:
    """Return what one rule finds in a stack."""
    views, unreadable = _views(rule, known.values(), known, bounds)
    if isinstance(rule, StackRule):
        violations = list(rule.check(views))
    else:
        violations = [violation for view in views for violation in rule.check(view)]
    return _all(violations, unreadable)


def of_resource(
    rule: ResourceRule[Any], resource: Resource, known: Mapping[str, Resource], bounds: BoundsOf
) -> list[Found]:
    """Return what one rule finds in one resource; `known` holds at least everything above it."""
    views, unreadable = _views(rule, [resource], known, bounds)
    return _all([violation for view in views for violation in rule.check(view)], unreadable)


def finish(rule: Rule[Any], found: Iterable[Found], configuration: Configuration) -> list[Finding]:
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


def _views(
    rule: Rule[B],
    resources: Iterable[Resource],
    known: Mapping[str, Resource],
    bounds: Callable[[Resource | None], B],
) -> tuple[Sequence[View[B]], dict[tuple[str, str], str]]:
    unreadable: dict[tuple[str, str], str] = {}
    views = []
    for resource in resources:
        if resource.type in rule.types:
            owner = _owner(resource, known)
            views.append(View(resource, bounds(owner), owner if owner is not resource else None, unreadable))
    return views, unreadable


def _owner(resource: Resource, known: Mapping[str, Resource]) -> Resource | None:
    """Return the nearest AgnoService, the resource itself included."""
    current: Resource | None = resource
    while current is not None and current.type != SERVICE:
        current = known.get(current.parent)
    return current


def _all(violations: Sequence[Violation], unreadable: Mapping[tuple[str, str], str]) -> list[Found]:
    unknown = [
        (Violation(urn, path, f"could not be checked: {reason}"), True)
        for (urn, path), reason in unreadable.items()
    ]
    return [(violation, False) for violation in violations] + unknown
