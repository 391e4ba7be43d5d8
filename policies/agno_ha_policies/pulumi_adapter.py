"""The rules as Pulumi policies; only `policies/__main__.py` loads this module."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pulumi_policy import (
    EnforcementLevel,
    Policy,
    PolicyConfigSchema,
    PolicyResource,
    ReportViolation,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    Severity,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UnknownValueError

from agno_ha_policies.catalogue import RULES
from agno_ha_policies.configuration import UNCHECKED, Configuration
from agno_ha_policies.evaluation import judge
from agno_ha_policies.model import UNKNOWN, Resource, ResourceRule, Rule, StackRule


def policies() -> list[Policy]:
    """Return two policies for each rule: its findings, and under `<id>-unknown` what could not be checked.

    Pulumi sets levels per policy, so that a level of its own needs a policy of its own.
    """
    # The inputs of what was registered. A resource policy is given one resource; what is above it was
    # registered before. A stack policy is given outputs, where one unknown value makes its whole map unknown.
    known: dict[str, Resource] = {}
    return [_policy(rule, known, unknown=unknown) for rule in RULES for unknown in (False, True)]


def _policy(rule: ResourceRule[Any] | StackRule[Any], known: dict[str, Resource], *, unknown: bool) -> Policy:
    name = rule.id + (UNCHECKED if unknown else "")
    shown: dict[str, Any] = {
        "name": name,
        "description": rule.title + (": could not be checked" if unknown else f". {rule.rationale}"),
        "display_name": rule.title,
        "enforcement_level": EnforcementLevel(rule.level),
        "severity": Severity(rule.severity),
        "remediation_steps": rule.remediation,
        "config_schema": None if unknown else _schema(rule),
    }

    def report(
        resources: Iterable[Resource], above: Mapping[str, Resource], config: Any, violation: ReportViolation
    ) -> None:
        for found, unchecked in judge(rule, resources, above, Configuration.parse({name: config})):
            if unchecked == unknown:
                violation(f"{found.path}: {found.message}", found.urn)

    def of_resource(args: ResourceValidationArgs, violation: ReportViolation) -> None:
        parent = args.opts.parent or ""
        resource = Resource(args.urn, args.resource_type, args.name, parent, plain(args.props))
        known[resource.urn] = resource
        report([resource], known, args.get_config(), violation)

    def of_stack(args: StackValidationArgs, violation: ReportViolation) -> None:
        stack = {given.urn: known.get(given.urn) or _resource(given) for given in args.resources}
        report(stack.values(), stack, args.get_config(), violation)

    if isinstance(rule, StackRule):
        return StackValidationPolicy(validate=of_stack, **shown)
    return ResourceValidationPolicy(validate=of_resource, **shown)


def _resource(given: PolicyResource) -> Resource:
    parent = given.parent.urn if given.parent is not None else given.opts.parent
    return Resource(given.urn, given.resource_type, given.name, parent or "", plain(given.props))


def _schema(rule: Rule[Any]) -> PolicyConfigSchema:
    # Without defaults: Pulumi would fill them in, above the environment's preset.
    properties = (
        rule.bounds.model_json_schema(by_alias=True)["properties"] if rule.bounds.model_fields else {}
    )
    return PolicyConfigSchema(
        {
            name: {key: value for key, value in schema.items() if key not in ("default", "title")}
            for name, schema in properties.items()
        }
    )


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
