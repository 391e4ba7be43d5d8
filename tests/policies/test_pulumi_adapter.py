"""The rules as Pulumi policies, on the SDK's own proxies; the real engine is tier `engine`."""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from typing import Any

import pytest
from agno_ha_policies import RULES, Configuration, Finding, Resource, Settings, evaluate
from agno_ha_policies.exceptions import Exemption
from agno_ha_policies.model import StackRule
from agno_ha_policies.pulumi_adapter import environment, plain, policies
from policies.aws_stacks import PARAMETERS, SCALING, SERVICE, aws, task
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

TASK = task()
SERVICES = (
    aws(SERVICE, taskDefinition=UNKNOWN, made_of={"taskDefinition": (TASK.urn,)}),
    aws(SERVICE, ignored=("desiredCount",)),
    aws(SERVICE, "api"),
)


def wire(value: Any) -> Any:
    if value is UNKNOWN:
        return UNKNOWN_STRING_VALUE
    if isinstance(value, Mapping):
        return {key: wire(entry) for key, entry in value.items()}
    return [wire(entry) for entry in value] if isinstance(value, list) else value


def options(resource: Resource) -> PolicyResourceOptions:
    ignored = list(resource.ignored)
    return PolicyResourceOptions(False, ignored, None, [], PolicyCustomTimeouts(0, 0, 0), [], resource.parent)


def stacked(resources: list[Resource], outputs: Mapping[str, Any] | None = None) -> StackValidationArgs:
    """What a stack policy is given."""
    made = {
        each.urn: PolicyResource(
            *(each.type, unknown_checking_proxy(wire((outputs or {}).get(each.name, each.props)))),
            *(each.urn, each.name, options(each), None, None, [], {}),
        )
        for each in resources
    }
    for each in resources:
        of = {path: [made[urn] for urn in urns] for path, urns in each.made_of.items()}
        made[each.urn].property_dependencies = of
    return StackValidationArgs(list(made.values()))


def engine(
    resources: list[Resource],
    outputs: Mapping[str, Any] | None = None,
    configuration: Configuration | None = None,
) -> list[tuple[str, str, str]]:
    """What the policies report when the engine registers the resources in order, and then ends: policy, URN, text."""
    reported: list[tuple[str, str, str]] = []
    pack = policies(configuration or Configuration())

    def reporter(name: str) -> Any:
        return lambda message, urn=None: reported.append((name, urn or "", message))

    for each in resources:
        for policy in pack:
            if isinstance(policy, ResourceValidationPolicy):
                props = unknown_checking_proxy(wire(each.props))
                args = ResourceValidationArgs(each.type, props, each.urn, each.name, options(each), None)
                policy.validate(args, reporter(policy.name))
    for policy in pack:
        if isinstance(policy, StackValidationPolicy):
            policy.validate(stacked(resources, outputs), reporter(policy.name))
    return reported


def offline(
    resources: list[Resource], configuration: Configuration | None = None
) -> list[tuple[str, str, str]]:
    """The same of `agno-ha check`."""
    findings = evaluate(resources, configuration)
    return [(policy_of(finding), where(finding), f"{finding.rule}: {finding.text}") for finding in findings]


def policy_of(finding: Finding) -> str:
    if about(finding):
        return finding.rule
    [rule] = [each for each in RULES if each.id == finding.rule]
    stack = "-stack" * isinstance(rule, StackRule)
    return rule.family + stack + "-advisory" * (finding.level == "advisory")


def about(finding: Finding) -> bool:
    return finding.rule.startswith("EXCEPTION")


def where(finding: Finding) -> str:
    return "" if about(finding) else finding.urn


@pytest.mark.parametrize(
    "stack",
    [
        [facts(), server(), instance()],
        [facts(min=1), server(), instance(replicas=UNKNOWN, DB_POOL_SIZE="30")],
        [facts(environment="dev", min=1), server(), instance(replicas=1)],
        [stranger(replicas=1, env=UNKNOWN), server("db", parent=STACK)],
        [stranger(replicas=30), server("db", parent=STACK, args=["-c", UNKNOWN, "-c", "max_connections=9"])],
        [TASK, task("other"), SERVICES[0], aws(PARAMETERS), aws(SCALING, resourceId=UNKNOWN, maxCapacity=99)],
    ],
)
def test_the_same_findings_as_offline(stack: list[Resource]) -> None:
    assert sorted(engine(stack)) == sorted(offline(stack))
    assert {text.partition(":")[0] for _, _, text in engine(stack)} == {
        rule.rstrip("?") for rule, _, _ in found(*stack)
    }


def test_a_stack_policy_looks_at_inputs() -> None:
    # A provider's preview makes the whole environment unknown for one unknown value in it.
    stack = [stranger(replicas=30, OTHER=UNKNOWN), server("db", parent=STACK)]
    outputs = {"api": stranger(replicas=30, env=UNKNOWN).props}
    assert engine(stack, outputs) == offline(stack) != []


def test_a_resource_that_was_never_registered_is_read_from_the_stack() -> None:
    pack = policies(Configuration())
    [budget] = [policy for policy in pack if policy.name == "POOL-stack"]
    assert isinstance(budget, StackValidationPolicy)
    stack = stacked([stranger(replicas=30), server("db", parent=STACK)])
    said: list[str] = []
    budget.validate(stack, lambda message, urn=None: said.append(message))
    assert len(said) == 1


def test_what_is_left_to_others_reaches_the_rules_on_the_stack() -> None:
    pack = policies(Configuration())
    [scale] = [policy for policy in pack if policy.name == "SCALE-stack"]
    assert isinstance(scale, StackValidationPolicy)
    said: list[str] = []
    scale.validate(stacked([aws(SCALING), SERVICES[1]]), lambda message, urn=None: said.append(message))
    assert said == []
    # Which service is scaled is not known by name yet, but what its id is made of is.
    ids = aws(SCALING, resourceId=UNKNOWN, made_of={"resourceId": (SERVICES[1].urn,)})
    scale.validate(stacked([ids, *SERVICES[1:]]), lambda message, urn=None: said.append(message))
    assert said == []


def test_two_policies_a_family_and_kind() -> None:
    names = [policy.name for policy in policies(Configuration())]
    families = {"CACHE", "DB", "LB", "OPS", "POOL", "SCALE", "SEC"}
    kinds = families | {f"{family}-stack" for family in ("CACHE", "DB", "POOL", "SCALE", "SEC")}
    assert len(names) == len(set(names))
    assert set(names) == {
        *(f"{kind}{level}" for kind in kinds for level in ("", "-advisory")),
        *("EXCEPTION-EXPIRED", "EXCEPTION-UNMATCHED"),
    }
    assert names[-2:] == ["EXCEPTION-EXPIRED", "EXCEPTION-UNMATCHED"]


def exemption(rule: str, expires: str, urn: str = "*") -> Exemption:
    day = datetime.date.fromisoformat(expires)
    return Exemption.model_validate({"rule": rule, "urn": urn, "reason": "why not", "expires": day})


def test_configuration_and_exceptions_reach_the_rules() -> None:
    usual = Configuration()
    settings = {
        **usual.settings,
        "prod": Settings.parse({"SCALE-001": {"floor": 1}, "SCALE-101": "advisory"}),
    }
    given = (
        exemption("LB-003", "9999-01-31"),
        exemption("DB-006", "2020-01-31"),
        exemption("OPS-001", "9999-01-31"),
    )
    configuration = Configuration(settings, given)
    stack = [facts(min=1, tls="off", failover=False), server(), instance(replicas=1)]
    reported = engine(stack, configuration=configuration)
    assert sorted(reported) == sorted(offline(stack, configuration))
    assert {policy for policy, _, _ in reported} == {
        *("SCALE-advisory", "LB-advisory", "DB", "EXCEPTION-EXPIRED", "EXCEPTION-UNMATCHED")
    }
    [tolerated] = [text for policy, _, text in reported if policy == "LB-advisory"]
    assert tolerated.endswith("(excepted until 9999-01-31: why not)")


def test_the_engine_says_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    assert environment() is None
    monkeypatch.setenv("PULUMI_CONFIG", '{"agno-ha:environment": "dev", "agno-ha:key": "hunter2"}')
    assert environment() == "dev"
    monkeypatch.setenv("PULUMI_CONFIG", '{"other:environment": "dev"}')
    assert environment() is None


def test_proxies_become_plain_data() -> None:
    proxy = unknown_checking_proxy(
        {"a": [1.0, {"b": UNKNOWN_NUMBER_VALUE}, UNKNOWN_STRING_VALUE], "c": UNKNOWN_STRING_VALUE, "d": None}
    )
    assert plain(proxy) == {"a": [1.0, {"b": UNKNOWN}, UNKNOWN], "c": UNKNOWN, "d": None}
