"""The rules as Pulumi policies; only a pack's `__main__.py` loads this module."""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from agno_ha.topology.problem import ConfigurationError
from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyPack,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from agno_ha_policies import exceptions
from agno_ha_policies.catalogue import RULES
from agno_ha_policies.configuration import Configuration
from agno_ha_policies.evaluation import judge, subject
from agno_ha_policies.exceptions import Exceptions
from agno_ha_policies.model import UNKNOWN, Finding, Level, Resource, ResourceRule, StackRule

ADVISORY = "-advisory"
"""Suffix of the policy under which a family's advisory findings are reported."""

STACK = "-stack"
"""Suffix of the policy for rules on all resources together."""

_LEVELS: tuple[Level, ...] = ("mandatory", "advisory")


def start(directory: Path) -> None:
    """Start the pack, and serve until the engine has no more to ask.

    Args:
        directory: where the policies' configuration is, usually a project's `policies`.
    """
    try:
        configuration = Configuration.load(directory, environment())
    except ConfigurationError as error:
        raise SystemExit(f"The policies are not configured right:\n{error}") from None
    PolicyPack("agno-ha", policies(configuration))


def policies(configuration: Configuration) -> list[Policy]:
    """Return two policies for each family and kind of rule, one a level; a message begins with its rule's id.

    Not one a rule: the SDK reads each resource anew for every policy, which with these many rules took as long as the
    engine's own preview. And Pulumi sets levels per policy, while ours depend on the finding: its AgnoService's
    environment, whether it could be checked at all, and the exceptions.
    """
    run = _Run(configuration)
    kinds = dict.fromkeys((rule.family, isinstance(rule, StackRule)) for rule in RULES)
    made = [_policy(run, family, level, stack=stack) for family, stack in kinds for level in _LEVELS]
    # Last, when every finding has met the exceptions.
    return [*made, *(_about_exceptions(run, rule, level) for rule, level in exceptions.LEVELS.items())]


def environment() -> str | None:
    """Return the stack's environment, as the engine hands the stack's configuration to a policy pack."""
    config = json.loads(os.environ.get("PULUMI_CONFIG") or "{}")
    value = config.get("agno-ha:environment")
    return value if isinstance(value, str) else None


class _Run:
    """What all policies share: each resource is read and judged once, by whichever policy is asked first."""

    def __init__(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self.exceptions = Exceptions(configuration.exceptions)
        # The inputs of what was registered: what is above a resource was registered before it, and a stack policy
        # is given outputs, where one unknown value makes its whole map unknown.
        self._known: dict[str, Resource] = {}
        self._now = ""
        self._found: list[Finding] = []

    def of_resource(self, args: ResourceValidationArgs) -> list[Finding]:
        if args.urn != self._now:
            resource = Resource(
                args.urn, args.resource_type, args.name, args.opts.parent or "", plain(args.props),
                protect=args.opts.protect, ignored=tuple(args.opts.ignore_changes or ()),
            )  # fmt: skip
            self._known[resource.urn] = resource
            rules = [rule for rule in RULES if isinstance(rule, ResourceRule)]
            self._judge(args.urn, rules, [resource])
        return self._found

    def of_stack(self, args: StackValidationArgs) -> list[Finding]:
        if self._now != "stack":
            resources = {
                given.urn: dataclasses.replace(
                    self._known.get(given.urn) or _resource(given), made_of=_made_of(given)
                )
                for given in args.resources
            }
            self._known |= resources
            rules = [rule for rule in RULES if isinstance(rule, StackRule)]
            self._judge("stack", rules, sorted(resources.values(), key=lambda each: each.urn))
        return self._found

    def _judge(self, now: str, rules: Any, resources: Sequence[Resource]) -> None:
        self._now = now
        subjects = [subject(resource, self._known) for resource in resources]
        self._found = self.exceptions.apply(judge(rules, subjects, self._configuration))


def _policy(run: _Run, family: str, level: Level, *, stack: bool) -> Policy:
    shown: dict[str, Any] = {
        "name": f"{family}{STACK if stack else ''}{ADVISORY if level == 'advisory' else ''}",
        "description": f"{family} (docs/policies.md explains each rule)",
        "enforcement_level": EnforcementLevel(level),
    }

    def report(found: list[Finding], violation: ReportViolation) -> None:
        for finding in found:
            if finding.rule.startswith(f"{family}-") and finding.level == level:
                violation(f"{finding.rule}: {finding.text}", finding.urn)

    def of_resource(args: ResourceValidationArgs, violation: ReportViolation) -> None:
        report(run.of_resource(args), violation)

    def of_stack(args: StackValidationArgs, violation: ReportViolation) -> None:
        report(run.of_stack(args), violation)

    if stack:
        return StackValidationPolicy(validate=of_stack, **shown)
    return ResourceValidationPolicy(validate=of_resource, **shown)


def _about_exceptions(run: _Run, rule: str, level: Level) -> Policy:
    def of_stack(args: StackValidationArgs, violation: ReportViolation) -> None:
        run.of_stack(args)
        for finding in run.exceptions.findings():
            if finding.rule == rule:
                violation(f"{finding.rule}: {finding.text}", None)

    return StackValidationPolicy(
        name=rule,
        description=f"The exceptions of {exceptions.FILE} are those that are needed now.",
        validate=of_stack,
        enforcement_level=EnforcementLevel(level),
    )


def _resource(given: PolicyResource) -> Resource:
    parent = given.parent.urn if given.parent is not None else given.opts.parent
    return Resource(
        given.urn,
        given.resource_type,
        given.name,
        parent or "",
        plain(given.props),
        protect=given.opts.protect,
        ignored=tuple(given.opts.ignore_changes or ()),
    )


def _made_of(given: PolicyResource) -> dict[str, tuple[str, ...]]:
    # Told of a whole stack alone.
    return {key: tuple(each.urn for each in of) for key, of in given.property_dependencies.items()}


def plain(value: Any) -> Any:
    """Return Pulumi's proxies as plain data, `UNKNOWN` for each leaf that is not known yet."""
    if isinstance(value, Mapping):
        return {key: _leaf(value, key) for key in value}
    if isinstance(value, Sequence) and not isinstance(value, (str, bytes)):
        return [_leaf(value, index) for index in range(len(value))]
    return value


def _leaf(container: Any, key: Any) -> Any:
    try:
        return plain(container[key])
    except UnknownValueError:
        return UNKNOWN
