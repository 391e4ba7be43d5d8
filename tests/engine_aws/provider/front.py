"""The load balancer's part."""

from __future__ import annotations

from typing import Any

from aws import front
from aws.cloud import Cloud
from aws.rooms import READ

from .kind import Change, Kind, State, lower, pick

_HEALTH = {
    "enabled": "HealthCheckEnabled",
    "path": "HealthCheckPath",
    "port": "HealthCheckPort",
    "protocol": "HealthCheckProtocol",
    "interval": "HealthCheckIntervalSeconds",
    "timeout": "HealthCheckTimeoutSeconds",
    "healthyThreshold": "HealthyThresholdCount",
    "unhealthyThreshold": "UnhealthyThresholdCount",
    "matcher": "Matcher.HttpCode",
}


def _value(text: str) -> Any:
    return {"true": True, "false": False}.get(text, int(text) if text.isdigit() else text)


def _attributes(cloud: Cloud, state: State, operation: str) -> dict[str, Any]:
    return {each["Key"]: _value(each["Value"]) for each in READ[operation](cloud, state)["Attributes"]}


def _listed(attributes: dict[str, Any]) -> list[dict[str, str]]:
    return [{"Key": key, "Value": front.text(value)} for key, value in attributes.items()]


def _balancer(cloud: Cloud, state: State) -> dict[str, Any]:
    found = READ["CreateLoadBalancer"](cloud, state)
    attributes = _attributes(cloud, state, "ModifyLoadBalancerAttributes")
    names = {
        "name": "Name", "loadBalancerType": "Type", "securityGroups": "SecurityGroups", "subnets": "Subnets",
        "dnsName": "DNSName",
    }  # fmt: skip
    logs = {
        key: attributes.get(f"access_logs.s3.{key}", usual)
        for key, usual in (("bucket", ""), ("prefix", ""), ("enabled", False))
    }
    return {
        **pick(found, names),
        "internal": found["Scheme"] == "internal",
        **{own: attributes.get(api) for own, api in front.ATTRIBUTES.items()},
        "accessLogs": logs,
    }


def _update_balancer(change: Change) -> None:
    elb, arn = change.cloud.client("elbv2"), change.state["id"]
    attributes = change.request(front.ATTRIBUTES)
    if "accessLogs" in change.changed:
        logs = change.new["accessLogs"]
        logs = logs if logs["enabled"] else {"enabled": False}
        attributes |= {f"access_logs.s3.{key}": value for key, value in logs.items()}
    if attributes:
        elb.modify_load_balancer_attributes(LoadBalancerArn=arn, Attributes=_listed(attributes))
    if "securityGroups" in change.changed:
        elb.set_security_groups(LoadBalancerArn=arn, SecurityGroups=change.new["securityGroups"])
    if "subnets" in change.changed:
        elb.set_subnets(LoadBalancerArn=arn, Subnets=change.new["subnets"])


def _delete_balancer(cloud: Cloud, state: State) -> None:
    # moto takes no notice of it, AWS does.
    if _attributes(cloud, state, "ModifyLoadBalancerAttributes")["deletion_protection.enabled"]:
        raise RuntimeError(
            f"OperationNotPermitted: load balancer {state['name']} has deletion protection enabled"
        )
    cloud.client("elbv2").delete_load_balancer(LoadBalancerArn=state["id"])


def _targets(cloud: Cloud, state: State) -> dict[str, Any]:
    found = READ["CreateTargetGroup"](cloud, state)
    attributes = _attributes(cloud, state, "ModifyTargetGroupAttributes")
    names = {
        "name": "Name",
        "port": "Port",
        "protocol": "Protocol",
        "targetType": "TargetType",
        "vpcId": "VpcId",
    }
    return {
        **pick(found, names),
        "healthCheck": pick(found, _HEALTH),
        **{own: attributes.get(api) for own, api in front.TARGET_ATTRIBUTES.items()},
    }


def _update_targets(change: Change) -> None:
    elb, arn = change.cloud.client("elbv2"), change.state["id"]
    if "healthCheck" in change.changed:
        health = dict(change.new["healthCheck"])
        matcher = {"HttpCode": health.pop("matcher")}
        request = {_HEALTH[own]: value for own, value in health.items()}
        elb.modify_target_group(TargetGroupArn=arn, Matcher=matcher, **request)
    if attributes := change.request(front.TARGET_ATTRIBUTES):
        elb.modify_target_group_attributes(TargetGroupArn=arn, Attributes=_listed(attributes))


def _action(found: dict[str, Any]) -> dict[str, Any]:
    given = pick(found, {"type": "Type", "targetGroupArn": "TargetGroupArn"})
    for own, api in (("redirect", "RedirectConfig"), ("fixedResponse", "FixedResponseConfig")):
        if found.get(api):
            given[own] = lower(found[api])
    return given


def _listener(cloud: Cloud, state: State) -> dict[str, Any]:
    found = READ["CreateListener"](cloud, state)
    names = {
        "loadBalancerArn": "LoadBalancerArn",
        "port": "Port",
        "protocol": "Protocol",
        "sslPolicy": "SslPolicy",
    }
    given = pick(found, names)
    if found.get("Certificates"):
        given["certificateArn"] = found["Certificates"][0]["CertificateArn"]
    return {**given, "defaultActions": [_action(each) for each in found["DefaultActions"]]}


def _update_listener(change: Change) -> None:
    request = change.request({"port": "Port", "protocol": "Protocol", "sslPolicy": "SslPolicy"})
    if "certificateArn" in change.changed:
        request["Certificates"] = [{"CertificateArn": change.new["certificateArn"]}]
    actions = [front.action_of(each) for each in change.new["defaultActions"]]
    change.cloud.client("elbv2").modify_listener(
        ListenerArn=change.state["id"], DefaultActions=actions, **request
    )


def _rule(cloud: Cloud, state: State) -> dict[str, Any]:
    found = READ["CreateRule"](cloud, state)
    conditions = [
        {"pathPattern": {"values": each["PathPatternConfig"]["Values"]}} for each in found["Conditions"]
    ]
    return {
        "priority": int(found["Priority"]), "conditions": conditions,
        "actions": [_action(each) for each in found["Actions"]],
    }  # fmt: skip


def _update_rule(change: Change) -> None:
    elb, arn = change.cloud.client("elbv2"), change.state["id"]
    if {"conditions", "actions"} & change.changed:
        elb.modify_rule(
            RuleArn=arn,
            Conditions=[front.condition_of(each) for each in change.new["conditions"]],
            Actions=[front.action_of(each) for each in change.new["actions"]],
        )
    if "priority" in change.changed:
        elb.set_rule_priorities(RulePriorities=[{"RuleArn": arn, "Priority": change.new["priority"]}])


def _certificate(cloud: Cloud, state: State) -> dict[str, Any]:
    found = cloud.client("acm").get_certificate(CertificateArn=state["id"])
    return pick(found, {"certificateBody": "Certificate", "certificateChain": "CertificateChain"})


def _update_certificate(change: Change) -> None:
    names = {
        "certificateBody": "Certificate",
        "privateKey": "PrivateKey",
        "certificateChain": "CertificateChain",
    }
    request = {api: change.new[own] for own, api in names.items() if own in change.new}
    change.cloud.client("acm").import_certificate(CertificateArn=change.state["id"], **request)


KINDS: dict[str, Kind] = {
    "aws:lb/loadBalancer:LoadBalancer": Kind(
        _balancer, _delete_balancer, _update_balancer, computed=("arn", "dnsName", "arnSuffix")
    ),
    "aws:lb/targetGroup:TargetGroup": Kind(
        _targets,
        lambda cloud, state: cloud.client("elbv2").delete_target_group(TargetGroupArn=state["id"]),
        _update_targets,
        computed=("arn", "arnSuffix"),
    ),
    "aws:lb/listener:Listener": Kind(
        _listener,
        lambda cloud, state: cloud.client("elbv2").delete_listener(ListenerArn=state["id"]),
        _update_listener,
        computed=("arn",),
    ),
    "aws:lb/listenerRule:ListenerRule": Kind(
        _rule,
        lambda cloud, state: cloud.client("elbv2").delete_rule(RuleArn=state["id"]),
        _update_rule,
        computed=("arn",),
        forgotten=("listenerArn",),
    ),
    "aws:acm/certificate:Certificate": Kind(
        _certificate,
        lambda cloud, state: cloud.client("acm").delete_certificate(CertificateArn=state["id"]),
        _update_certificate,
        computed=("arn",),
        forgotten=("privateKey",),
    ),
}
