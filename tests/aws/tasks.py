"""ECS's part: tasks, services and their scaling; roles, secrets and logs."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

from .cloud import Cloud, Create, Inputs, Outputs, Read


def _lower_tags(inputs: Inputs) -> list[dict[str, str]]:
    return inputs.tags("key", "value")


def _cluster(cloud: Cloud, inputs: Inputs) -> Outputs:
    request = inputs.request(name="clusterName", settings="settings")
    arn = cloud.client("ecs").create_cluster(**request, tags=_lower_tags(inputs))["cluster"]["clusterArn"]
    return {"id": arn, "arn": arn}


def _task_definition(cloud: Cloud, inputs: Inputs) -> Outputs:
    inputs.keep("skipDestroy")  # the provider's own: it leaves old revisions
    containers = json.loads(inputs.take("containerDefinitions"))
    request = inputs.request(
        family="family", cpu="cpu", memory="memory", networkMode="networkMode",
        requiresCompatibilities="requiresCompatibilities", runtimePlatform="runtimePlatform",
        executionRoleArn="executionRoleArn", taskRoleArn="taskRoleArn", volumes="volumes",
    )  # fmt: skip
    made = cloud.client("ecs").register_task_definition(
        **request, containerDefinitions=containers, tags=_lower_tags(inputs)
    )["taskDefinition"]
    return {"id": made["family"], "arn": made["taskDefinitionArn"], "revision": made["revision"]}


def network(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return where tasks are placed, as the API has it."""
    public = "ENABLED" if given["assignPublicIp"] else "DISABLED"
    return {
        "awsvpcConfiguration": {
            "subnets": given["subnets"], "securityGroups": given["securityGroups"], "assignPublicIp": public,
        }
    }  # fmt: skip


def deployment(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return how tasks are replaced, as the API has it."""
    return {
        "minimumHealthyPercent": given["deploymentMinimumHealthyPercent"],
        "maximumPercent": given["deploymentMaximumPercent"],
        "deploymentCircuitBreaker": given["deploymentCircuitBreaker"],
    }


_DEPLOYMENT = ("deploymentMinimumHealthyPercent", "deploymentMaximumPercent", "deploymentCircuitBreaker")


def _service(cloud: Cloud, inputs: Inputs) -> Outputs:
    inputs.keep("waitForSteadyState")  # the provider's own: it waits
    where = inputs.take("networkConfiguration")
    balancers = inputs.take("loadBalancers") or []
    rolling = deployment({name: inputs.take(name) for name in _DEPLOYMENT})
    request = inputs.request(
        name="serviceName", cluster="cluster", taskDefinition="taskDefinition", launchType="launchType",
        platformVersion="platformVersion", schedulingStrategy="schedulingStrategy", desiredCount="desiredCount",
        availabilityZoneRebalancing="availabilityZoneRebalancing", enableExecuteCommand="enableExecuteCommand",
        healthCheckGracePeriodSeconds="healthCheckGracePeriodSeconds", enableEcsManagedTags="enableECSManagedTags",
        propagateTags="propagateTags",
    )  # fmt: skip
    made = cloud.client("ecs").create_service(
        **request,
        deploymentConfiguration=rolling,
        loadBalancers=balancers,
        networkConfiguration=network(where),
        tags=_lower_tags(inputs),
    )["service"]
    return {"id": made["serviceArn"], "cluster": made["clusterArn"]}


def _scaling_target(cloud: Cloud, inputs: Inputs) -> Outputs:
    request = inputs.request(
        serviceNamespace="ServiceNamespace", scalableDimension="ScalableDimension", resourceId="ResourceId",
        minCapacity="MinCapacity", maxCapacity="MaxCapacity",
    )  # fmt: skip
    tags = {each["Key"]: each["Value"] for each in inputs.tags()}
    cloud.client("application-autoscaling").register_scalable_target(**request, Tags=tags)
    return {"id": request["ResourceId"]}


def _scaling_policy(cloud: Cloud, inputs: Inputs) -> Outputs:
    given = inputs.take("targetTrackingScalingPolicyConfiguration")
    metric = {
        key[0].upper() + key[1:]: value for key, value in given.pop("predefinedMetricSpecification").items()
    }
    tracking = {key[0].upper() + key[1:]: value for key, value in given.items()}
    request = inputs.request(
        name="PolicyName", policyType="PolicyType", serviceNamespace="ServiceNamespace",
        scalableDimension="ScalableDimension", resourceId="ResourceId",
    )  # fmt: skip
    cloud.client("application-autoscaling").put_scaling_policy(
        **request,
        TargetTrackingScalingPolicyConfiguration={**tracking, "PredefinedMetricSpecification": metric},
    )
    return {"id": request["PolicyName"], "name": request["PolicyName"]}


def _role(cloud: Cloud, inputs: Inputs) -> Outputs:
    request = inputs.request(name="RoleName", assumeRolePolicy="AssumeRolePolicyDocument")
    made = cloud.client("iam").create_role(**request, Tags=inputs.tags())["Role"]
    return {"id": made["RoleName"], "arn": made["Arn"]}


def _role_policy(cloud: Cloud, inputs: Inputs) -> Outputs:
    request = inputs.request(name="PolicyName", role="RoleName", policy="PolicyDocument")
    cloud.client("iam").put_role_policy(**request)
    return {"id": f"{request['RoleName']}:{request['PolicyName']}"}


def _log_group(cloud: Cloud, inputs: Inputs) -> Outputs:
    logs = cloud.client("logs")
    name, days = inputs.take("name"), inputs.take("retentionInDays")
    logs.create_log_group(logGroupName=name, tags={each["Key"]: each["Value"] for each in inputs.tags()})
    logs.put_retention_policy(logGroupName=name, retentionInDays=days)
    return {"id": name, "arn": f"arn:aws:logs:{cloud.region}:123456789012:log-group:{name}"}


def _secret(cloud: Cloud, inputs: Inputs) -> Outputs:
    inputs.keep("recoveryWindowInDays")  # said when it is deleted
    # The provider's ending (`id.PrefixedUniqueId`): the time and a counter, 26 hexadecimal digits.
    name = f"{inputs.take('namePrefix')}{time.time_ns():026x}"
    request = inputs.request(description="Description")
    arn = cloud.client("secretsmanager").create_secret(Name=name, **request, Tags=inputs.tags())["ARN"]
    return {"id": arn, "arn": arn}


def _secret_version(cloud: Cloud, inputs: Inputs) -> Outputs:
    request = inputs.request(secretId="SecretId", secretString="SecretString")
    made = cloud.client("secretsmanager").put_secret_value(**request)
    return {"id": f"{made['ARN']}|{made['VersionId']}", "arn": made["ARN"], "versionId": made["VersionId"]}


CREATE: dict[str, Create] = {
    "aws:ecs/cluster:Cluster": _cluster,
    "aws:ecs/taskDefinition:TaskDefinition": _task_definition,
    "aws:ecs/service:Service": _service,
    "aws:appautoscaling/target:Target": _scaling_target,
    "aws:appautoscaling/policy:Policy": _scaling_policy,
    "aws:iam/role:Role": _role,
    "aws:iam/rolePolicy:RolePolicy": _role_policy,
    "aws:cloudwatch/logGroup:LogGroup": _log_group,
    "aws:secretsmanager/secret:Secret": _secret,
    "aws:secretsmanager/secretVersion:SecretVersion": _secret_version,
}


def _read_service(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    found = cloud.client("ecs").describe_services(
        cluster=made["cluster"], services=[made["id"]], include=["TAGS"]
    )
    [service] = found["services"]
    return {**service, "cluster": service["clusterArn"]}


def _read_policy(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    found = cloud.client("application-autoscaling").describe_scaling_policies(
        ServiceNamespace="ecs", PolicyNames=[made["name"]]
    )
    return next(each for each in found["ScalingPolicies"] if each["PolicyName"] == made["name"])


def _read_log_group(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    found = cloud.client("logs").describe_log_groups(logGroupNamePrefix=made["id"])["logGroups"]
    return next(each for each in found if each["logGroupName"] == made["id"])


READ: dict[str, Read] = {
    "CreateCluster": lambda cloud, made: cloud.client("ecs").describe_clusters(
        clusters=[made["arn"]], include=["TAGS", "SETTINGS"]
    )["clusters"][0],
    "RegisterTaskDefinition": lambda cloud, made: cloud.client("ecs").describe_task_definition(
        taskDefinition=made["arn"], include=["TAGS"]
    )["taskDefinition"],
    "CreateService": _read_service,
    "RegisterScalableTarget": lambda cloud, made: cloud.client("application-autoscaling").describe_scalable_targets(
        ServiceNamespace="ecs", ResourceIds=[made["id"]]
    )["ScalableTargets"][0],
    "PutScalingPolicy": _read_policy,
    "CreateRole": lambda cloud, made: cloud.client("iam").get_role(RoleName=made["id"])["Role"],
    "PutRolePolicy": lambda cloud, made: cloud.client("iam").get_role_policy(
        RoleName=made["id"].partition(":")[0], PolicyName=made["id"].partition(":")[2]
    ),
    "CreateLogGroup": _read_log_group,
    "PutRetentionPolicy": _read_log_group,
    "CreateSecret": lambda cloud, made: cloud.client("secretsmanager").describe_secret(SecretId=made["arn"]),
    "PutSecretValue": lambda cloud, made: {
        **(found := cloud.client("secretsmanager").get_secret_value(SecretId=made["arn"])), "SecretId": found["ARN"]
    },
}  # fmt: skip
