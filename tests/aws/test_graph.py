"""The prod stack's graph in AWS: created, read back, compared."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest
from agno_ha.offline import Plan

from .cloud import Cloud
from .conftest import Deploy
from .rooms import READ

ASKED_FOR = {
    *("CreateRule.ListenerArn", "ModifyLoadBalancerAttributes.LoadBalancerArn"),
    *("ModifyTargetGroupAttributes.TargetGroupArn",),
}
"""Says which object is meant; the answer does not repeat it."""

NEVER_SHOWN = {"CreateDBInstance.MasterUserPassword", "CreateReplicationGroup.AuthToken"}
"""What AWS gives to nobody."""

ONLY_IN_VARIANTS = {"ImportCertificate.PrivateKey", "Subscribe.ReturnSubscriptionArn"}
"""Likewise a key, and how the answer is wanted."""

NOT_READ = {
    "DescribeDBInstances": "asks",
    "DescribeSecurityGroups": "asks",
    "RevokeSecurityGroupEgress": "takes away: test_no_rule_of_the_firewall_is_there_that_nobody_asked_for",
    "CreateCacheParameterGroup": "moto has none: test_settings looks at what was sent",
    "ModifyCacheParameterGroup": "likewise",
}
"""Operations whose effect is not read back, and why."""

_DEPLOYMENT = "CreateService.deploymentConfiguration"
LOST = {
    *(f"CreateService.{name}" for name in ("availabilityZoneRebalancing", "enableECSManagedTags")),
    *(f"CreateService.{name}" for name in ("enableExecuteCommand", "healthCheckGracePeriodSeconds")),
    *(f"{_DEPLOYMENT}.{name}" for name in ("maximumPercent", "minimumHealthyPercent")),
    *(f"{_DEPLOYMENT}.deploymentCircuitBreaker.{name}" for name in ("enable", "rollback")),
    *(f"CreateReplicationGroup.{name}" for name in ("CacheParameterGroupName", "CacheSubnetGroupName")),
    *(f"CreateReplicationGroup.{name}" for name in ("EngineVersion", "NumCacheClusters", "SecurityGroupIds")),
}
"""What moto takes and forgets: sent, checked by botocore's models, and each has a row in test_settings.FIELDS."""

_TAGS = ("Tags", "tags", "TagSpecifications")


def differences(sent: Any, read: Any, path: str) -> Iterator[str]:
    """Every part of a request that is not in the answer; policies are JSON in one and a document in the other."""
    if isinstance(sent, str) and sent.startswith("{") and isinstance(read, Mapping):
        sent = json.loads(sent)
    if isinstance(sent, Mapping):
        for key, value in sent.items():
            yield from differences(
                value, read.get(key) if isinstance(read, Mapping) else None, f"{path}.{key}"
            )
    elif isinstance(sent, list) and sent and isinstance(sent[0], Mapping):
        if any(all(list(differences(each, other, path)) for other in read or ()) for each in sent):
            yield path
    elif isinstance(sent, list):
        if sorted(map(str, sent)) != sorted(map(str, read or [])):
            yield path
    elif sent != read and not (isinstance(sent, bool | int | float) and str(sent) == str(read)):
        yield path


def compared(cloud: Cloud) -> set[str]:
    """What of all requests AWS does not give back; an operation that nobody reads, as a whole."""
    found = set()
    for made in cloud.made:
        for call in made.calls:
            if call.operation not in READ:
                found.add(call.operation)
            else:
                sent = {key: value for key, value in call.parameters.items() if key not in _TAGS}
                found |= set(differences(sent, READ[call.operation](cloud, made.outputs), call.operation))
    return found


def test_every_resource_is_created_and_read_back(prod: tuple[Cloud, Plan]) -> None:
    cloud, plan = prod
    registered = {(each.type, each.name) for each in plan.resources if each.type.startswith("aws:")}
    assert {(made.kind, made.name) for made in cloud.made} == registered
    assert len(registered) > 80
    assert compared(cloud) == ASKED_FOR | NEVER_SHOWN | LOST | NOT_READ.keys()


def test_no_rule_of_the_firewall_is_there_that_nobody_asked_for(prod: tuple[Cloud, Plan]) -> None:
    """AWS lets a new group out to everywhere, by a rule that no plan shows."""
    cloud, _ = prod
    groups = [made.outputs["id"] for made in cloud.made if made.kind.endswith(":SecurityGroup")]
    found = cloud.client("ec2").describe_security_group_rules(
        Filters=[{"Name": "group-id", "Values": groups}]
    )["SecurityGroupRules"]
    rules = (":SecurityGroupIngressRule", ":SecurityGroupEgressRule")
    asked = {made.outputs["id"] for made in cloud.made if made.kind.endswith(rules)}
    assert {each["SecurityGroupRuleId"] for each in found} == asked
    assert len(groups) == 4


def test_every_call_that_takes_tags_has_the_stacks(prod: tuple[Cloud, Plan]) -> None:
    cloud, _ = prod
    tagged = 0
    for made in cloud.made:
        for call in made.calls:
            model = cloud.client(_client(call.service)).meta.service_model.operation_model(call.operation)
            if call.operation == "PutDashboard" or not set(_TAGS) & set(model.input_shape.members):
                continue  # the provider's dashboards have no tags
            assert "agno-ha:stack" in str(call.parameters), f"{made.name}: {call.operation}"
            tagged += 1
    assert tagged > 60


VARIANTS: dict[str, tuple[dict[str, Any], dict[str, Any], dict[str, str], set[str], set[str]]] = {
    "existing vpc": (
        {"network": {"vpcId": "existing"}}, {}, {}, set(),
        {"Vpc", "Subnet", "InternetGateway", "NatGateway", "Eip", "Route", "RouteTable", "RouteTableAssociation"},
    ),
    "rds proxy": (
        {}, {"postgres": {"pooler": {"enabled": True, "poolSize": 90}}, "scaling": {"max": 20}}, {},
        {"Proxy", "ProxyDefaultTargetGroup", "ProxyTarget"}, set(),
    ),
    "external stores": (
        {},
        {name: {"mode": "external", "password": "given", "external": {"host": f"{name}.example.com"}}
         for name in ("postgres", "redis")},
        {"given": "a given password"},
        set(), {"Instance", "ParameterGroup", "SubnetGroup", "ReplicationGroup"},
    ),
    "plain http": ({"loadBalancer": {"certificateArn": None, "plainHttp": True}}, {}, {}, set(), set()),
    "imported certificate": (
        {"loadBalancer": {"certificateArn": None}}, {"loadBalancer": {"tls": {"mode": "generated"}}}, {},
        {"Certificate"}, set(),
    ),
    "fixed size": ({}, {"scaling": {"min": 4, "max": 4}}, {}, set(), {"Policy"}),
    "scheduler and shell": (
        {"exec": True, "alarms": {"email": "ops@example.com"}},
        {"app": {"scheduler": {"enabled": True, "memory": "1GiB"}}}, {}, {"TopicSubscription"}, set(),
    ),
}  # fmt: skip
"""Settings, topology, secrets → kinds that come, kinds that go."""


@pytest.mark.parametrize("name", VARIANTS)
def test_every_variant_can_be_created(name: str, deploy: Deploy, prod: tuple[Cloud, Plan]) -> None:
    ecs, topology, secrets, come, go = VARIANTS[name]
    cloud, _ = deploy(ecs, topology, **secrets)
    usual = {made.kind.rpartition(":")[2] for made in prod[0].made}
    found = {made.kind.rpartition(":")[2] for made in cloud.made}
    assert (found - usual, usual - found) == (come, go)
    assert compared(cloud) <= ASKED_FOR | NEVER_SHOWN | ONLY_IN_VARIANTS | LOST | NOT_READ.keys()


def _client(service: str) -> str:
    names = {"elastic_load_balancing_v2": "elbv2", "application_auto_scaling": "application-autoscaling"}
    return names.get(service, service)
