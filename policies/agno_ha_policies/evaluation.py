"""Rules on resources: one resource, or all of a stack."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from agno_ha_policies.aws.kinds import renamed
from agno_ha_policies.catalogue import RULES
from agno_ha_policies.configuration import Configuration
from agno_ha_policies.docker.container import as_service
from agno_ha_policies.exceptions import Exceptions
from agno_ha_policies.kubernetes.translation import translated
from agno_ha_policies.model import SERVICE, Finding, Resource, ResourceRule, StackRule, Unread, Violation
from agno_ha_policies.view import View

AnyRule = ResourceRule[Any] | StackRule[Any]


@dataclass(frozen=True)
class Subject:
    """A resource as rules look at it."""

    resource: Resource
    owner: Resource | None
    """The nearest AgnoService, the resource itself included."""


def evaluate(resources: Iterable[Resource], configuration: Configuration | None = None) -> list[Finding]:
    """Return the findings of every rule on a whole stack, and those about the exceptions, sorted.

    Args:
        resources: the stack's resources, in any order.
        configuration: levels, bounds and exceptions. Default: the presets.
    """
    configuration = configuration or Configuration()
    exceptions = Exceptions(configuration.exceptions)
    known = {resource.urn: resource for resource in resources}
    # In one order, however the engine registers them: a message that names several must not change.
    subjects = [subject(resource, known) for resource in sorted(known.values(), key=lambda each: each.urn)]
    findings = exceptions.apply(judge(RULES, subjects, configuration))
    return sorted([*findings, *exceptions.findings()])


def subject(resource: Resource, known: Mapping[str, Resource]) -> Subject:
    """Return a resource with its AgnoService; `known` holds at least everything above it, by URN."""
    owner: Resource | None = resource
    while owner is not None and owner.type != SERVICE:
        owner = known.get(owner.parent)
    return Subject(translated(as_service(renamed(resource))), owner)


def judge(
    rules: Iterable[AnyRule], subjects: Iterable[Subject], configuration: Configuration
) -> Iterator[Finding]:
    """Return what the rules find in some resources, disabled rules left out; no exception is applied."""
    of_type: dict[str, list[Subject]] = defaultdict(list)
    owners: dict[str, Resource | None] = {}
    for each in subjects:
        of_type[each.resource.type].append(each)
        owners[each.resource.urn] = each.owner
    for rule in rules:
        seen = [each for kind in sorted(rule.types) for each in of_type.get(kind, ())]
        for violation, unread in _violations(rule, seen, configuration):
            level = configuration.of(owners[violation.urn]).level(rule, unread)
            if level != "disabled":
                yield Finding(
                    rule=rule.id, urn=violation.urn, path=violation.path, message=violation.message,
                    unknown=unread is not None, level=level, severity=rule.severity, remediation=rule.remediation,
                )  # fmt: skip


def _violations(
    rule: AnyRule, subjects: Iterable[Subject], configuration: Configuration
) -> Iterator[tuple[Violation, Unread | None]]:
    """Return each violation, and for a check that could not be made, why."""
    unreadable: dict[tuple[str, str], Unread] = {}
    views = []
    for each in subjects:
        owner = each.owner if each.owner is not each.resource else None
        views.append(View(each.resource, configuration.of(each.owner).bounds(rule), owner, unreadable))
    if isinstance(rule, StackRule):
        violations = list(rule.check(views))
    else:
        violations = [violation for view in views for violation in rule.check(view)]
    yield from ((violation, None) for violation in violations)
    for (urn, path), unread in unreadable.items():
        yield Violation(urn, path, f"could not be checked: {unread.reason}"), unread
