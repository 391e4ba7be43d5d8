"""The rules as Pulumi policies, on the SDK's own proxies; the real engine is tier `engine`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from agno_ha_policies import RULES, PolicyConfigurationError, Resource
from agno_ha_policies.pulumi_adapter import plain, policies
from policies.stacks import STACK, UNKNOWN, facts, found, instance, server, stranger
from pulumi_policy import (
    PolicyCustomTimeouts,
    PolicyResource,
    PolicyResourceOptions,
    ResourceValidationArgs,
    ResourceValidationPolicy,
    StackValidationArgs,
    StackValidationPolicy,
)
from pulumi_policy.proxy import UNKNOWN_NUMBER_VALUE, UNKNOWN_STRING_VALUE, unknown_checking_proxy


def wire(value: Any) -> Any:
    if value is UNKNOWN:
        return UNKNOWN_STRING_VALUE
    if isinstance(value, Mapping):
        return {key: wire(entry) for key, entry in value.items()}
    return [wire(entry) for entry in value] if isinstance(value, list) else value


def options(resource: Resource) -> PolicyResourceOptions:
    return PolicyResourceOptions(False, [], None, [], PolicyCustomTimeouts(0, 0, 0), [], resource.parent)


def engine(
    resources: list[Resource],
    outputs: Mapping[str, Any] | None = None,
    config: Mapping[str, Any] | None = None,
) -> set[tuple[str, str, str]]:
    """What the policies report when the engine registers the resources in order, and then ends."""
    reported: set[tuple[str, str, str]] = set()
    pack = policies()
    configured = config or {}

    def reporter(name: str) -> Any:
        def report(message: str, urn: str | None = None) -> None:
            rule = name.replace("-unknown", "?")
            reported.add((rule, (urn or "").rpartition("::")[2], message.partition(": ")[0]))

        return report

    for each in resources:
        props = unknown_checking_proxy(wire(each.props))
        for policy in pack:
            if isinstance(policy, ResourceValidationPolicy):
                settings = configured.get(policy.name)
                args = ResourceValidationArgs(
                    each.type, props, each.urn, each.name, options(each), None, settings
                )
                policy.validate(args, reporter(policy.name))
    stack = [
        PolicyResource(
            *(each.type, unknown_checking_proxy(wire((outputs or {}).get(each.name, each.props)))),
            *(each.urn, each.name, options(each), None, None, [], {}),
        )
        for each in resources
    ]
    for policy in pack:
        if isinstance(policy, StackValidationPolicy):
            policy.validate(StackValidationArgs(stack, configured.get(policy.name)), reporter(policy.name))
    return reported


@pytest.mark.parametrize(
    "stack",
    [
        [facts(), server(), instance()],
        [facts(min=1), server(), instance(replicas=UNKNOWN, DB_POOL_SIZE="30")],
        [facts(environment="dev", min=1), server(), instance(replicas=1)],
        [stranger(replicas=1, env=UNKNOWN), server("db", parent=STACK)],
        [stranger(replicas=30), server("db", parent=STACK, args=["-c", UNKNOWN, "-c", "max_connections=9"])],
    ],
)
def test_the_same_findings_as_offline(stack: list[Resource]) -> None:
    assert engine(stack) == found(*stack)


def test_a_stack_policy_looks_at_inputs() -> None:
    # A provider's preview makes the whole environment unknown for one unknown value in it.
    stack = [stranger(replicas=30, OTHER=UNKNOWN), server("db", parent=STACK)]
    outputs = {"api": stranger(replicas=30, env=UNKNOWN).props}
    assert engine(stack, outputs) == {("POOL-101", "db", "taskSpec.containerSpec.args")}


def test_two_policies_a_rule() -> None:
    assert {policy.name for policy in policies()} == {
        f"{rule.id}{suffix}" for rule in RULES for suffix in ("", "-unknown")
    }


def test_the_schema_has_no_defaults() -> None:
    # Pulumi would fill them in, and dev's preset would never hold.
    for policy in policies():
        for schema in policy.config_schema.properties.values() if policy.config_schema else ():
            assert "default" not in schema
            assert schema["description"]


def test_configuration_reaches_the_rule() -> None:
    stack = [facts(min=1), server(), instance(replicas=1)]
    floor = {"floor": 1.0}
    assert engine(stack, config={"SCALE-001": floor, "SCALE-101": floor}) == set()


@pytest.mark.parametrize("rule", ["SCALE-001", "POOL-101", "POOL-001-unknown"])
def test_an_unknown_property_stops_the_run(rule: str) -> None:
    with pytest.raises(PolicyConfigurationError, match=rf"^{rule}.*flor"):
        engine([facts()], config={rule: {"flor": 1}})


def test_proxies_become_plain_data() -> None:
    proxy = unknown_checking_proxy(
        {"a": [1.0, {"b": UNKNOWN_NUMBER_VALUE}, UNKNOWN_STRING_VALUE], "c": UNKNOWN_STRING_VALUE, "d": None}
    )
    assert plain(proxy) == {"a": [1.0, {"b": UNKNOWN}, UNKNOWN], "c": UNKNOWN, "d": None}
