"""Good resources of AWS, to break one property at a time."""

from __future__ import annotations

import json
from typing import Any

from agno_ha.configuration import deep_merge
from policies.stacks import STACK, Resource, changed, of

TASK = "aws:ecs/taskDefinition:TaskDefinition"
SERVICE = "aws:ecs/service:Service"
SCALING = "aws:appautoscaling/target:Target"
BALANCER = "aws:lb/loadBalancer:LoadBalancer"
LISTENER = "aws:lb/listener:Listener"
TARGETS = "aws:lb/targetGroup:TargetGroup"
INSTANCE = "aws:rds/instance:Instance"
PARAMETERS = "aws:rds/parameterGroup:ParameterGroup"
CACHE = "aws:elasticache/replicationGroup:ReplicationGroup"
CACHE_PARAMETERS = "aws:elasticache/parameterGroup:ParameterGroup"
GROUP = "aws:ec2/securityGroup:SecurityGroup"
INGRESS = "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule"
OLD_RULE = "aws:ec2/securityGroupRule:SecurityGroupRule"
ROLE_POLICY = "aws:iam/rolePolicy:RolePolicy"
LOGS = "aws:cloudwatch/logGroup:LogGroup"

ENVIRONMENT = {
    "DB_POOL_SIZE": "5", "DB_MAX_OVERFLOW": "5", "DRAIN_DELAY": "5", "DRAIN_TIMEOUT": "45",
}  # fmt: skip
GOOD: dict[str, dict[str, Any]] = {
    SERVICE: {
        "loadBalancers": [{"containerName": "app", "containerPort": 8000}],
        "deploymentCircuitBreaker": {"enable": True, "rollback": True},
        "deploymentMinimumHealthyPercent": 100, "deploymentMaximumPercent": 200,
        "networkConfiguration": {"assignPublicIp": False},
    },
    SCALING: {"serviceNamespace": "ecs", "minCapacity": 2, "maxCapacity": 4},
    BALANCER: {"loadBalancerType": "application", "idleTimeout": 3600},
    LISTENER: {"protocol": "HTTPS", "defaultActions": [{"type": "forward"}]},
    TARGETS: {"healthCheck": {"path": "/health"}},
    INSTANCE: {
        "publiclyAccessible": False, "multiAz": True, "backupRetentionPeriod": 7, "deletionProtection": True,
        "storageEncrypted": True,
    },
    PARAMETERS: {"parameters": [{"name": "max_connections", "value": "200"}]},
    CACHE: {
        "automaticFailoverEnabled": True, "transitEncryptionEnabled": True, "authToken": "x",
        "atRestEncryptionEnabled": True,
    },
    CACHE_PARAMETERS: {"parameters": [{"name": "maxmemory-policy", "value": "noeviction"}]},
    GROUP: {"ingress": [{"fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]}]},
    INGRESS: {"fromPort": 443, "toPort": 443, "cidrIpv4": "0.0.0.0/0"},
    OLD_RULE: {"type": "ingress", "fromPort": 443, "toPort": 443, "cidrBlocks": ["0.0.0.0/0"]},
    ROLE_POLICY: {"policy": json.dumps({"Statement": [{"Effect": "Allow", "Action": ["s3:GetObject"]}]})},
    LOGS: {"retentionInDays": 30},
}  # fmt: skip


def aws(
    kind: str, name: str = "it", parent: str = STACK, *, ignored: tuple[str, ...] = (), **changes: Any
) -> Resource:
    """A resource that nothing is wrong with, but for what `changes` make of it (`__` is a path's dot)."""
    return changed(of(kind, name, deep_merge({}, GOOD[kind]), parent, ignored=ignored), **changes)


def task(
    name: str = "it",
    parent: str = STACK,
    *,
    env: dict[str, Any] | None = None,
    text: Any = None,
    **changes: Any,
) -> Resource:
    """A task definition of one container; `changes` to that."""
    environment = {**ENVIRONMENT, **(env or {})}
    container = {
        "name": "app", "image": "registry.example.com/agents:7", "user": "10001:10001", "stopTimeout": 120,
        "readonlyRootFilesystem": True, "logConfiguration": {"logDriver": "awslogs"},
        "environment": [{"name": key, "value": value} for key, value in environment.items() if value is not None],
        **changes,
    }  # fmt: skip
    container = {key: value for key, value in container.items() if value is not None}
    return of(TASK, name, {"containerDefinitions": json.dumps([container]) if text is None else text}, parent)
