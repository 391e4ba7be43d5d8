"""The load balancer's part, and its certificate."""

from __future__ import annotations

from typing import Any

from .cloud import Cloud, Create, Inputs, Outputs, Read

ATTRIBUTES = {
    "idleTimeout": "idle_timeout.timeout_seconds",
    "enableDeletionProtection": "deletion_protection.enabled",
    "dropInvalidHeaderFields": "routing.http.drop_invalid_header_fields.enabled",
}
TARGET_ATTRIBUTES = {
    "deregistrationDelay": "deregistration_delay.timeout_seconds",
    "loadBalancingAlgorithmType": "load_balancing.algorithm.type",
}


def text(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _load_balancer(cloud: Cloud, inputs: Inputs) -> Outputs:
    elb = cloud.client("elbv2")
    attributes = {api: text(inputs.take(name)) for name, api in ATTRIBUTES.items()}
    logs = inputs.take("accessLogs")
    if not (logs and logs["enabled"]):
        attributes["access_logs.s3.enabled"] = "false"  # the provider says no more
    else:
        attributes |= {f"access_logs.s3.{key}": text(value) for key, value in logs.items()}
    internal = inputs.take("internal")
    request = inputs.request(
        name="Name", loadBalancerType="Type", securityGroups="SecurityGroups", subnets="Subnets"
    )
    made = elb.create_load_balancer(
        **request, Scheme="internal" if internal else "internet-facing", Tags=inputs.tags()
    )["LoadBalancers"][0]
    elb.modify_load_balancer_attributes(
        LoadBalancerArn=made["LoadBalancerArn"],
        Attributes=[{"Key": key, "Value": value} for key, value in sorted(attributes.items())],
    )
    arn = made["LoadBalancerArn"]
    return {"id": arn, "arn": arn, "dnsName": made["DNSName"], "arnSuffix": arn.partition("loadbalancer/")[2]}


def _target_group(cloud: Cloud, inputs: Inputs) -> Outputs:
    elb = cloud.client("elbv2")
    attributes = {api: text(inputs.take(name)) for name, api in TARGET_ATTRIBUTES.items()}
    health = inputs.take("healthCheck")
    request = inputs.request(
        name="Name", port="Port", protocol="Protocol", targetType="TargetType", vpcId="VpcId"
    )
    made = elb.create_target_group(
        **request, Tags=inputs.tags(),
        HealthCheckEnabled=health["enabled"], HealthCheckPath=health["path"], HealthCheckPort=health["port"],
        HealthCheckProtocol=health["protocol"], HealthCheckIntervalSeconds=health["interval"],
        HealthCheckTimeoutSeconds=health["timeout"], HealthyThresholdCount=health["healthyThreshold"],
        UnhealthyThresholdCount=health["unhealthyThreshold"], Matcher={"HttpCode": health["matcher"]},
    )["TargetGroups"][0]  # fmt: skip
    elb.modify_target_group_attributes(
        TargetGroupArn=made["TargetGroupArn"],
        Attributes=[{"Key": key, "Value": value} for key, value in sorted(attributes.items())],
    )
    arn = made["TargetGroupArn"]
    return {"id": arn, "arn": arn, "arnSuffix": arn.rpartition(":")[2]}


def action_of(given: dict[str, Any]) -> dict[str, Any]:
    action: dict[str, Any] = {"Type": given["type"]}
    if "targetGroupArn" in given:
        action["TargetGroupArn"] = given["targetGroupArn"]
    if "redirect" in given:
        action["RedirectConfig"] = {
            key[0].upper() + key[1:]: value for key, value in given["redirect"].items()
        }
    if "fixedResponse" in given:
        action["FixedResponseConfig"] = {
            key[0].upper() + key[1:]: value for key, value in given["fixedResponse"].items()
        }
    return action


def _listener(cloud: Cloud, inputs: Inputs) -> Outputs:
    certificate = inputs.take("certificateArn")
    request = inputs.request(
        loadBalancerArn="LoadBalancerArn", port="Port", protocol="Protocol", sslPolicy="SslPolicy"
    )
    if certificate:
        request["Certificates"] = [{"CertificateArn": certificate}]
    actions = [action_of(action) for action in inputs.take("defaultActions")]
    made = cloud.client("elbv2").create_listener(**request, DefaultActions=actions, Tags=inputs.tags())
    arn = made["Listeners"][0]["ListenerArn"]
    return {"id": arn, "arn": arn}


def condition_of(given: dict[str, Any]) -> dict[str, Any]:
    return {"Field": "path-pattern", "PathPatternConfig": {"Values": given["pathPattern"]["values"]}}


def _rule(cloud: Cloud, inputs: Inputs) -> Outputs:
    request = inputs.request(listenerArn="ListenerArn", priority="Priority")
    conditions = [condition_of(each) for each in inputs.take("conditions")]
    actions = [action_of(action) for action in inputs.take("actions")]
    made = cloud.client("elbv2").create_rule(
        **request, Conditions=conditions, Actions=actions, Tags=inputs.tags()
    )
    return {"id": made["Rules"][0]["RuleArn"], "arn": made["Rules"][0]["RuleArn"]}


def _certificate(cloud: Cloud, inputs: Inputs) -> Outputs:
    request = inputs.request(
        certificateBody="Certificate", privateKey="PrivateKey", certificateChain="CertificateChain"
    )
    arn = cloud.client("acm").import_certificate(**request, Tags=inputs.tags())["CertificateArn"]
    return {"id": arn, "arn": arn}


CREATE: dict[str, Create] = {
    "aws:lb/loadBalancer:LoadBalancer": _load_balancer,
    "aws:lb/targetGroup:TargetGroup": _target_group,
    "aws:lb/listener:Listener": _listener,
    "aws:lb/listenerRule:ListenerRule": _rule,
    "aws:acm/certificate:Certificate": _certificate,
}


def _balancer(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    [found] = cloud.client("elbv2").describe_load_balancers(LoadBalancerArns=[made["arn"]])["LoadBalancers"]
    zones = [zone["SubnetId"] for zone in found["AvailabilityZones"]]
    return {**found, "Name": found["LoadBalancerName"], "Subnets": zones}


def _targets(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    [found] = cloud.client("elbv2").describe_target_groups(TargetGroupArns=[made["arn"]])["TargetGroups"]
    return {**found, "Name": found["TargetGroupName"]}


READ: dict[str, Read] = {
    "CreateLoadBalancer": _balancer,
    "ModifyLoadBalancerAttributes": lambda cloud, made: cloud.client(
        "elbv2"
    ).describe_load_balancer_attributes(LoadBalancerArn=made["arn"]),
    "CreateTargetGroup": _targets,
    "ModifyTargetGroupAttributes": lambda cloud, made: cloud.client("elbv2").describe_target_group_attributes(
        TargetGroupArn=made["arn"]
    ),
    "CreateListener": lambda cloud, made: cloud.client("elbv2").describe_listeners(
        ListenerArns=[made["arn"]]
    )["Listeners"][0],
    "CreateRule": lambda cloud, made: cloud.client("elbv2").describe_rules(RuleArns=[made["arn"]])["Rules"][
        0
    ],
    "ImportCertificate": lambda cloud, made: cloud.client("acm").get_certificate(CertificateArn=made["arn"]),
}
