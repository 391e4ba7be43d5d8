"""ECS's part: tasks, services and their scaling; roles, secrets and logs."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aws.cloud import Cloud
from aws.rooms import READ
from aws.tasks import deployment, network

from .kind import Change, Kind, State, again, lower, pick
from .unfinished import UnfinishedError

ROLLED_BACK = "bad"
"""Tag of an image whose tasks never get healthy: the service's circuit breaker goes back to the revision before, if
there is one. The provider's waiter (ecs/service.go) makes that an error of the create or update, whose state has what
was asked for."""

_SAID = "(service agno) (deployment ecs-svc/1) deployment failed: tasks failed to start."

_LISTS = ("environment", "mountPoints", "portMappings", "systemControls", "volumesFrom")
_HEALTH = {"interval": 30, "timeout": 5, "retries": 3}


def canonical(containers: list[dict[str, Any]]) -> str:
    """Return container definitions as ECS keeps them: its defaults filled in, sorted where the order says nothing."""
    made = []
    for given in containers:
        container = {"cpu": 0, "essential": True, **{name: [] for name in _LISTS}, **given}
        for name in ("environment", "secrets"):
            if container.get(name):
                container[name] = sorted(container[name], key=lambda each: str(each["name"]))
        container["portMappings"] = [
            {"protocol": "tcp", "hostPort": each["containerPort"], **each}
            for each in container["portMappings"]
        ]
        if "healthCheck" in container:
            container["healthCheck"] = {**_HEALTH, **container["healthCheck"]}
        made.append(container)
    return json.dumps(sorted(made, key=lambda each: str(each["name"])), sort_keys=True)


def _definition(cloud: Cloud, state: State) -> dict[str, Any]:
    found = READ["RegisterTaskDefinition"](cloud, state)
    names = ("family", "cpu", "memory", "networkMode", "requiresCompatibilities", "runtimePlatform", "executionRoleArn",
             "taskRoleArn", "volumes", "revision")  # fmt: skip
    given = pick(found, {name: name for name in names})
    given["volumes"] = [{"name": each["name"]} for each in given.get("volumes", [])]
    return {
        **given, "arn": found["taskDefinitionArn"], "containerDefinitions": canonical(found["containerDefinitions"]),
    }  # fmt: skip


_SERVICE = {
    "name": "serviceName",
    "cluster": "clusterArn",
    "taskDefinition": "taskDefinition",
    "launchType": "launchType",
    "platformVersion": "platformVersion",
    "schedulingStrategy": "schedulingStrategy",
    "desiredCount": "desiredCount",
    "propagateTags": "propagateTags",
}
_FORGOTTEN = (
    "availabilityZoneRebalancing", "enableEcsManagedTags", "enableExecuteCommand", "healthCheckGracePeriodSeconds",
    "deploymentMaximumPercent", "deploymentMinimumHealthyPercent", "deploymentCircuitBreaker", "waitForSteadyState",
)  # fmt: skip
_UPDATE = {
    name: name
    for name in ("taskDefinition", "desiredCount", "platformVersion", "availabilityZoneRebalancing",
                 "enableExecuteCommand", "healthCheckGracePeriodSeconds", "propagateTags")
} | {"enableEcsManagedTags": "enableECSManagedTags"}  # fmt: skip


def _service(cloud: Cloud, state: State) -> dict[str, Any] | None:
    found = READ["CreateService"](cloud, {**state, "cluster": state["id"].split("/")[1]})
    if found["status"] == "INACTIVE":
        return None
    where = found["networkConfiguration"]["awsvpcConfiguration"]
    return {
        **pick(found, _SERVICE),
        "networkConfiguration": {**where, "assignPublicIp": where["assignPublicIp"] == "ENABLED"},
        "loadBalancers": found["loadBalancers"],
    }


def _update_service(change: Change) -> None:
    ecs = change.cloud.client("ecs")
    request = change.request(_UPDATE)
    asked = change.new["taskDefinition"] if "taskDefinition" in request else None
    if asked and _starts_none(change.cloud, asked):
        del request["taskDefinition"]
    if "networkConfiguration" in change.changed:
        request["networkConfiguration"] = network(change.new["networkConfiguration"])
    if "loadBalancers" in change.changed:
        request["loadBalancers"] = change.new.get("loadBalancers", [])
    if any(name.startswith("deployment") for name in change.changed):
        request["deploymentConfiguration"] = deployment(change.new)
    if request:
        ecs.update_service(cluster=change.state["cluster"], service=change.state["name"], **request)
    if asked:
        _wait(change.cloud, {**change.new, "id": change.state["id"]})


def _starts_none(cloud: Cloud, definition: str) -> bool:
    found = cloud.client("ecs").describe_task_definition(taskDefinition=definition)["taskDefinition"]
    return any(each["image"].endswith(f":{ROLLED_BACK}") for each in found["containerDefinitions"])


def _wait(cloud: Cloud, state: State) -> None:
    if _starts_none(cloud, state["taskDefinition"]):
        raise UnfinishedError(f"waiting for ECS Service ({state['id']}): {_SAID}")


def _delete_service(cloud: Cloud, state: State) -> None:
    ecs = cloud.client("ecs")
    ecs.update_service(cluster=state["cluster"], service=state["name"], desiredCount=0)
    ecs.delete_service(cluster=state["cluster"], service=state["name"])


def get_service(cloud: Cloud, arguments: Mapping[str, Any]) -> dict[str, Any]:
    """Return what `aws.ecs.getService` says."""
    [found] = cloud.client("ecs").describe_services(
        cluster=arguments["clusterArn"], services=[arguments["serviceName"]]
    )["services"]
    # moto starts no task of a service.
    running = 0 if _starts_none(cloud, found["taskDefinition"]) else found["desiredCount"]
    counts = {"desiredCount": found["desiredCount"], "runningCount": running, "pendingCount": 0}
    primary = {
        "id": "1", "status": "PRIMARY", "createdAt": "", "updatedAt": "", "taskDefinition": found["taskDefinition"],
        **counts,
    }  # fmt: skip
    return {
        **arguments, "id": found["serviceArn"], "arn": found["serviceArn"], "status": found["status"],
        "taskDefinition": found["taskDefinition"], **counts, "deployments": [primary],
        "events": [{"id": "1", "createdAt": "", "message": _SAID}],
    }  # fmt: skip


_TARGET = {
    "serviceNamespace": "ServiceNamespace", "scalableDimension": "ScalableDimension", "resourceId": "ResourceId",
}  # fmt: skip


def _target(cloud: Cloud, state: State) -> dict[str, Any]:
    names = {**_TARGET, "minCapacity": "MinCapacity", "maxCapacity": "MaxCapacity"}
    return pick(READ["RegisterScalableTarget"](cloud, state), names)


def _delete_target(cloud: Cloud, state: State) -> None:
    request = {api: state[own] for own, api in _TARGET.items()}
    cloud.client("application-autoscaling").deregister_scalable_target(**request)


def _policy(cloud: Cloud, state: State) -> dict[str, Any]:
    found = READ["PutScalingPolicy"](cloud, state)
    tracking = lower(found["TargetTrackingScalingPolicyConfiguration"])
    tracking["predefinedMetricSpecification"] = lower(tracking["predefinedMetricSpecification"])
    names = {**_TARGET, "name": "PolicyName", "policyType": "PolicyType"}
    return {**pick(found, names), "targetTrackingScalingPolicyConfiguration": tracking}


def _delete_policy(cloud: Cloud, state: State) -> None:
    request = {api: state[own] for own, api in _TARGET.items()}
    cloud.client("application-autoscaling").delete_scaling_policy(PolicyName=state["name"], **request)


def _role(cloud: Cloud, state: State) -> dict[str, Any]:
    found = READ["CreateRole"](cloud, state)
    return {
        "name": found["RoleName"], "arn": found["Arn"],
        "assumeRolePolicy": json.dumps(found["AssumeRolePolicyDocument"]),
    }  # fmt: skip


def _update_role(change: Change) -> None:
    change.cloud.client("iam").update_assume_role_policy(
        RoleName=change.state["name"], PolicyDocument=change.new["assumeRolePolicy"]
    )


def _role_policy(cloud: Cloud, state: State) -> dict[str, Any]:
    found = READ["PutRolePolicy"](cloud, state)
    given = pick(found, {"name": "PolicyName", "role": "RoleName"})
    return {**given, "policy": json.dumps(found["PolicyDocument"])}


def _delete_role_policy(cloud: Cloud, state: State) -> None:
    role, _, name = state["id"].partition(":")
    cloud.client("iam").delete_role_policy(RoleName=role, PolicyName=name)


def _logs(cloud: Cloud, state: State) -> dict[str, Any]:
    found = READ["PutRetentionPolicy"](cloud, state)
    return pick(found, {"name": "logGroupName", "retentionInDays": "retentionInDays"})


def _update_logs(change: Change) -> None:
    change.cloud.client("logs").put_retention_policy(
        logGroupName=change.state["id"], retentionInDays=change.new["retentionInDays"]
    )


def _secret(cloud: Cloud, state: State) -> dict[str, Any] | None:
    found = READ["CreateSecret"](cloud, state)
    if "DeletedDate" in found:
        return None
    return {**pick(found, {"name": "Name", "description": "Description"}), "namePrefix": found["Name"][:-26]}


def _update_secret(change: Change) -> None:
    if "description" in change.changed:
        change.cloud.client("secretsmanager").update_secret(
            SecretId=change.state["id"], Description=change.new["description"]
        )


def _delete_secret(cloud: Cloud, state: State) -> None:
    days = state.get("recoveryWindowInDays", 30)
    how = {"RecoveryWindowInDays": days} if days else {"ForceDeleteWithoutRecovery": True}
    cloud.client("secretsmanager").delete_secret(SecretId=state["id"], **how)


def _version(cloud: Cloud, state: State) -> dict[str, Any]:
    arn, _, version = state["id"].partition("|")
    found = cloud.client("secretsmanager").get_secret_value(SecretId=arn, VersionId=version)
    return pick(
        found, {"secretId": "ARN", "arn": "ARN", "secretString": "SecretString", "versionId": "VersionId"}
    )


KINDS: dict[str, Kind] = {
    "aws:ecs/cluster:Cluster": Kind(
        lambda cloud, state: pick(READ["CreateCluster"](cloud, state), {
            "name": "clusterName", "settings": "settings",
        }),
        lambda cloud, state: cloud.client("ecs").delete_cluster(cluster=state["name"]),
        lambda change: change.cloud.client("ecs").update_cluster(
            cluster=change.state["name"], settings=change.new["settings"]
        ),
        computed=("arn",),
    ),
    "aws:ecs/taskDefinition:TaskDefinition": Kind(
        _definition,
        lambda cloud, state: None if state.get("skipDestroy") else cloud.client("ecs").deregister_task_definition(
            taskDefinition=state["arn"]
        ),
        lambda change: None,  # skipDestroy, which is the provider's own
        computed=("arn", "revision"),
        forgotten=("skipDestroy",),
    ),
    "aws:ecs/service:Service": Kind(
        _service, _delete_service, _update_service, created=_wait, forgotten=_FORGOTTEN
    ),
    "aws:appautoscaling/target:Target": Kind(_target, _delete_target, again("aws:appautoscaling/target:Target")),
    "aws:appautoscaling/policy:Policy": Kind(_policy, _delete_policy, again("aws:appautoscaling/policy:Policy")),
    "aws:iam/role:Role": Kind(
        _role, lambda cloud, state: cloud.client("iam").delete_role(RoleName=state["name"]), _update_role,
        computed=("arn",),
    ),
    "aws:iam/rolePolicy:RolePolicy": Kind(
        _role_policy, _delete_role_policy, again("aws:iam/rolePolicy:RolePolicy")
    ),
    "aws:cloudwatch/logGroup:LogGroup": Kind(
        _logs, lambda cloud, state: cloud.client("logs").delete_log_group(logGroupName=state["id"]), _update_logs,
        computed=("arn",),
    ),
    "aws:secretsmanager/secret:Secret": Kind(
        _secret, _delete_secret, _update_secret, computed=("arn",), forgotten=("recoveryWindowInDays",)
    ),
    # A version lasts as long as its secret.
    "aws:secretsmanager/secretVersion:SecretVersion": Kind(
        _version, lambda cloud, state: None, computed=("arn", "versionId")
    ),
}  # fmt: skip
