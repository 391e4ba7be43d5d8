"""The good prod stack on ECS broken one setting at a time, and exactly the rules that should notice."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from policies.aws_cases import ON_AURORA, TWO
from policies.aws_stacks import SERVERLESS_CACHE, aws
from policies.stacks import AGNO as AGNO_URN
from policies.stacks import DROP, facts

from .mutations import Mutation

BESIDE = [
    facts(),
    *(replace(each, parent=AGNO_URN) for each in (ON_AURORA, *TWO, aws(SERVERLESS_CACHE, "cache"))),
]
"""What no target makes, as a program might put it below its AgnoService."""


def ecs(*case: Any) -> Mutation:
    """A mutation of the prod stack."""
    return Mutation("ecs prod", *case)


def scheduled(*case: Any) -> Mutation:
    """A mutation of the scheduler's service in the same stack with one, the only that no target scales."""
    return Mutation("scheduled ecs prod", "Service:agno-scheduler", *case)


def container(change: Callable[[dict[str, Any]], Any]) -> Callable[[str], str]:
    """Another app container."""

    def changed(text: str) -> str:
        found = json.loads(text)
        change(found[0])
        return json.dumps(found)

    return changed


def variable(name: str, value: str) -> Callable[[str], str]:
    """Another plain variable of it, or one more."""

    def change(app: dict[str, Any]) -> None:
        kept = [each for each in app["environment"] if each["name"] != name]
        app["environment"] = [*kept, {"name": name, "value": value}]

    return container(change)


def every_secret(text: str) -> str:
    """The same policy, for every secret of the account."""
    document = json.loads(text)
    for each in document["Statement"]:
        if "secretsmanager:GetSecretValue" in each["Action"]:
            each["Resource"] = "*"
    return json.dumps(document)


def parameter(name: str, value: str) -> Callable[[list[dict[str, Any]]], list[dict[str, Any]]]:
    """Another value of a parameter."""
    return lambda given: [{**each, "value": value} if each["name"] == name else each for each in given]


C = "containerDefinitions"
AGNO, WEB, TASK = "agno", "Service:agno-web", "TaskDefinition:agno-web"
SCALING, PG, REDIS = "Target:agno-scaling", "Instance:agno-postgres", "ReplicationGroup:agno-redis"
CACHE = "elasticache/parameterGroup:ParameterGroup:agno-redis"
FORWARD = [{"type": "forward", "targetGroupArn": "x"}]
MUTATIONS = [
    ecs(SCALING, "minCapacity", 1, "SCALE-301 SCALE-302"),
    ecs(SCALING, "maxCapacity", 60, "SCALE-301 SCALE-302 POOL-301@agno-postgres"),
    ecs(WEB, "ignored", (), "SCALE-303"),
    ecs(WEB, "deploymentMinimumHealthyPercent", 50, "SCALE-304"),
    ecs(WEB, "capacityProviderStrategies", [{"capacityProvider": "FARGATE_SPOT", "weight": 1}], "SCALE-306"),
    scheduled("desiredCount", 60, "SCALE-305 POOL-301@agno-postgres"),
    scheduled("loadBalancers", [{"containerName": "app"}], "SCALE-304 SCALE-305"),
    ecs(TASK, C, variable("DB_POOL_SIZE", "1"), "POOL-302 POOL-303"),
    ecs(TASK, C, variable("WORKERS", "4"), "POOL-301@agno-postgres POOL-303"),
    ecs("rds/parameterGroup:ParameterGroup:agno-postgres", "parameters",
        parameter("max_connections", "195"), "POOL-303"),
    ecs(PG, "publiclyAccessible", True, "DB-301"),
    ecs(PG, "multiAz", False, "DB-302"),
    ecs(PG, "backupRetentionPeriod", 0, "DB-303"),
    ecs(PG, "deletionProtection", False, "DB-304"),
    ecs(PG, "storageEncrypted", False, "DB-305"),
    Mutation("beside prod", "ClusterInstance:b", "clusterIdentifier", "elsewhere", "DB-306@it"),
    ecs(REDIS, "automaticFailoverEnabled", False, "CACHE-301"),
    ecs(REDIS, "transitEncryptionEnabled", False, "CACHE-302"),
    ecs(REDIS, "authToken", DROP, "CACHE-302"),
    ecs(REDIS, "transitEncryptionMode", "preferred", "CACHE-302"),
    ecs(REDIS, "parameterGroupName", DROP, "CACHE-303"),
    ecs(CACHE, "parameters", [], "CACHE-303"),
    ecs(CACHE, "parameters", lambda given: [*given, {"name": "cluster-enabled", "value": "yes"}], "CACHE-304"),
    ecs(REDIS, "parameterGroupName", "theirs.cluster.on", "CACHE-304"),
    Mutation("beside prod", "ServerlessCache:cache", "engine", "redis", "CACHE-304"),
    ecs(CACHE, "parameters",
        parameter("maxmemory-policy", "allkeys-lru"), "CACHE-303"),
    ecs(REDIS, "numNodeGroups", 3, "CACHE-304"),
    ecs(REDIS, "clusterMode", "enabled", "CACHE-304"),
    ecs(REDIS, "atRestEncryptionEnabled", False, "CACHE-305"),
    ecs("LoadBalancer:agno-load-balancer", "idleTimeout", 60, "LB-301"),
    ecs("Listener:agno-http", "defaultActions", FORWARD, "LB-302"),
    ecs("Listener:agno-https", "sslPolicy", "ELBSecurityPolicy-2016-08", "LB-302"),
    ecs("TargetGroup:agno-web", "healthCheck.path", "/ready", "LB-303"),
    ecs(TASK, C, container(lambda app: app["healthCheck"].update(command=["CMD", "get", "/ready"])), "LB-303"),
    ecs(TASK, C, container(lambda app: app.update(stopTimeout=30)), "LB-304"),
    ecs(TASK, C, variable("OPENAI_API_KEY", "hunter2"), "SEC-301"),
    ecs(TASK, C, variable("DATABASE_URL", "postgres://agno:hunter2@db/agno"), "SEC-301"),
    ecs(TASK, C, container(lambda app: app.update(command=["serve", "--token", "hunter2"])), "SEC-301"),
    ecs(TASK, C, container(lambda app: app.update(privileged=True)), "SEC-302"),
    ecs(TASK, C, container(lambda app: app["linuxParameters"]["capabilities"].update(add=["SYS_PTRACE"])), "SEC-302"),
    ecs(TASK, "pidMode", "host", "SEC-302"),
    ecs(TASK, "volumes", [{"name": "tmp", "hostPath": "/"}], "SEC-302"),
    ecs(TASK, C, container(lambda app: app.pop("user")), "SEC-303"),
    ecs(TASK, C, container(lambda app: app.pop("readonlyRootFilesystem")), "SEC-304"),
    ecs("SecurityGroupIngressRule:agno-load-balancer-443-0.0.0.0-0", "toPort", 6000, "SEC-305"),
    ecs(TASK, C, container(lambda app: app.update(image="agents:latest")), "SEC-306"),
    ecs(WEB, "networkConfiguration.assignPublicIp", True, "SEC-307"),
    ecs("RolePolicy:agno-execution", "policy",
        lambda text: text.replace("logs:PutLogEvents", "logs:*"), "SEC-308"),
    ecs("RolePolicy:agno-execution", "policy", lambda text: text.replace('"Action"', '"NotAction"'), "SEC-308"),
    ecs("RolePolicy:agno-execution", "policy", every_secret, "SEC-308"),
    ecs("Role:agno-task", "managedPolicyArns", ["arn:aws:iam::aws:policy/AdministratorAccess"], "SEC-308"),
    ecs("Role:agno-task", "assumeRolePolicy",
        lambda text: text.replace('{"Service": "ecs-tasks.amazonaws.com"}', '"*"'), "SEC-308"),
    ecs(TASK, C, container(lambda app: app.pop("logConfiguration")), "OPS-301"),
    ecs("LogGroup:agno-logs", "retentionInDays", 0, "OPS-302"),
    ecs(WEB, "deploymentCircuitBreaker.rollback", False, "OPS-303"),
]  # fmt: skip
"""What a transform, or a program of its own, could make of the resources."""
