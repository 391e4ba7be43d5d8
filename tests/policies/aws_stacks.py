"""Good resources of AWS, to break one property at a time."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from agno_ha.configuration import deep_merge
from policies.stacks import STACK, Resource, changed, of

TASK = "aws:ecs/taskDefinition:TaskDefinition"
SERVICE = "aws:ecs/service:Service"
SCALING = "aws:appautoscaling/target:Target"
SCHEDULE = "aws:appautoscaling/scheduledAction:ScheduledAction"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
TARGETS = "aws:lb/targetGroup:TargetGroup"
INSTANCE = "aws:rds/instance:Instance"
CLUSTER = "aws:rds/cluster:Cluster"
CLUSTER_INSTANCE = "aws:rds/clusterInstance:ClusterInstance"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
CLUSTER_PARAMETERS = "aws:rds/clusterParameterGroup:ClusterParameterGroup"
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
CACHE_CLUSTER = "aws:elasticache/cluster:Cluster"
CACHE_PARAMETERS = "aws:elasticache/parameterGroup:ParameterGroup"
SERVERLESS_CACHE = "aws:elasticache/serverlessCache:ServerlessCache"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
DEFAULT_GROUP = "aws:ec2/defaultSecurityGroup:DefaultSecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
OLD_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
PROXY = "aws:rds/proxy:Proxy"
ROLE = "aws:iam/role:Role"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
ATTACHMENT = "aws:iam/rolePolicyAttachment:RolePolicyAttachment"
LOGS = "aws:cloudwatch/logGroup:LogGroup"

ENVIRONMENT = {
    "DB_POOL_SIZE": "5", "DB_MAX_OVERFLOW": "5", "DRAIN_DELAY": "5", "DRAIN_TIMEOUT": "45",
}  # fmt: skip
GOOD: dict[str, dict[str, Any]] = {
    SERVICE: {
        "desiredCount": 2, "loadBalancers": [{"containerName": "app", "containerPort": 8000}],
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "deploymentMinimumHealthyPercent": 100, "deploymentMaximumPercent": 200,
        "networkConfiguration": {"assignPublicIp": False},
    },
    SCALING: {"serviceNamespace": "ecs", "resourceId": "service/cluster/it", "minCapacity": 2, "maxCapacity": 4},
    BALANCER: {"loadBalancerType": "application", "idleTimeout": 3600},
    LISTENER: {
        "protocol": "HTTPS", "sslPolicy": "ELBSecurityPolicy-TLS13-1-2-2021-06",
        "defaultActions": [{"type": "forward"}],
    },
    TARGETS: {"healthCheck": {"path": "/health"}},
    INSTANCE: {
        "publiclyAccessible": False, "multiAz": True, "backupRetentionPeriod": 7, "deletionProtection": True,
        "storageEncrypted": True,
    },
    CLUSTER: {
        "engine": "postgres", "dbClusterInstanceClass": "db.r6gd.large", "backupRetentionPeriod": 7,
        "deletionProtection": True, "storageEncrypted": True,
    },
    CLUSTER_INSTANCE: {"clusterIdentifier": "it", "engine": "aurora-postgresql", "publiclyAccessible": False},
    PARAMETERS: {"family": "postgres16", "parameters": [{"name": "max_connections", "value": "200"}]},
    CLUSTER_PARAMETERS: {
        "family": "aurora-postgresql16", "parameters": [{"name": "max_connections", "value": "200"}],
    },
    CACHE_CLUSTER: {"engine": "memcached"},
    CACHE: {
        "automaticFailoverEnabled": True, "transitEncryptionEnabled": True, "authToken": "x",
        "atRestEncryptionEnabled": True, "parameterGroupName": "ours",
    },
    CACHE_PARAMETERS: {"family": "redis7", "parameters": [{"name": "maxmemory-policy", "value": "noeviction"}]},
    GROUP: {"ingress": [{"protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]}]},
    DEFAULT_GROUP: {"ingress": [{"protocol": "-1", "fromPort": 0, "toPort": 0, "self": True}]},
    SERVERLESS_CACHE: {"engine": "memcached"},
    SCHEDULE: {"serviceNamespace": "ecs", "resourceId": "service/cluster/it", "schedule": "cron(0 7 * * ? *)",
               "scalableTargetAction": {"minCapacity": 3, "maxCapacity": 4}},
    ROLE: {"assumeRolePolicy": json.dumps({"Statement": [
        {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": "ecs-tasks.amazonaws.com"}}]})},
    ATTACHMENT: {"policyArn": "arn:aws:iam::aws:policy/service-role/AmazonECSTaskExecutionRolePolicy"},
    PROXY: {"engineFamily": "POSTGRESQL"},
    INGRESS: {"ipProtocol": "tcp", "fromPort": 443, "toPort": 443, "cidrIpv4": "0.0.0.0/0"},
    OLD_RULE: {"type": "ingress", "protocol": "tcp", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]},
    ROLE_POLICY: {"policy": json.dumps({"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"]}]})},
    LOGS: {"retentionInDays": 30},
}  # fmt: skip


def aws(
    kind: str,
    name: str = "it",
    parent: str = STACK,
    *,
    ignored: tuple[str, ...] = (),
    made_of: Mapping[str, tuple[str, ...]] | None = None,
    **changes: Any,
) -> Resource:
    """A resource that nothing is wrong with, but for what `changes` make of it (`__` is a path's dot)."""
    good = of(kind, name, deep_merge({}, GOOD[kind]), parent, ignored=ignored, made_of=made_of or {})
    return changed(good, **changes)


def task(
    name: str = "it",
    parent: str = STACK,
    *,
    env: dict[str, Any] | None = None,
    text: Any = None,
    beside: Sequence[dict[str, Any]] = (),
    more: Mapping[str, Any] | None = None,
    made_of: Sequence[Resource] = (),
    **changes: Any,
) -> Resource:
    """A task definition of one container and those `beside` it, with `more` properties; `changes` to the container.

    `made_of`: whose outputs are in the containers.
    """
    containers = [container(env, **changes), *beside]
    props = {
        "family": name,
        "containerDefinitions": json.dumps(containers) if text is None else text,
        **(more or {}),
    }
    return of(
        TASK, name, props, parent, made_of={"containerDefinitions": tuple(each.urn for each in made_of)}
    )


def container(env: dict[str, Any] | None = None, **changes: Any) -> dict[str, Any]:
    """A container that nothing is wrong with, but for what `changes` and `env` make of it; None: left out."""
    environment = {**ENVIRONMENT, **(env or {})}
    made = {
        "name": "app", "image": "registry.example.com/agents:7", "user": "10001:10001", "stopTimeout": 120,
        "readonlyRootFilesystem": True, "logConfiguration": {"logDriver": "awslogs"},
        "environment": [{"name": key, "value": value} for key, value in environment.items() if value is not None],
        **changes,
    }  # fmt: skip
    return {key: value for key, value in made.items() if value is not None}
