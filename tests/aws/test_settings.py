"""Each setting's way from the configuration to the field of the API."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest
from agno_ha.offline import Plan

from .cloud import Cloud, Made
from .conftest import Deploy

MIB, GIB = 1024**2, 1024**3
TOPOLOGY: dict[str, Any] = {
    "app": {
        "cpu": 2, "memory": "5GiB", "workers": 2, "port": 9000, "image": "registry.example.com/agents:7",
        "environment": {"REGION_NAME": "here"}, "drain": {"delay": "3s", "timeout": "40s", "grace": "110s"},
        "health": {"interval": "7s", "timeout": "4s", "retries": 2, "startPeriod": "90s"},
    },
    "scaling": {"min": 2, "max": 5, "cpu": 55, "memory": 65, "requestsPerSecond": 12.5,
                "cooldown": {"out": "45s", "in": "200s"}},
    "loadBalancer": {"httpPort": 8080, "httpsPort": 8443, "idleTimeout": "1800s"},
    "postgres": {
        "version": 16, "database": "agents", "user": "runner", "maxConnections": 400, "sharedBuffers": "1GiB",
        "effectiveCacheSize": "3GiB", "workMem": "8MiB", "statementTimeout": "30s", "idleInTransactionTimeout": "20s",
        "storage": "70GiB", "memory": "8GiB", "highAvailability": True, "backups": {"retention": "14d"},
        "pool": {"size": 6, "overflow": 3, "timeout": "9s"}, "pooler": {"enabled": True, "poolSize": 80},
    },
    "redis": {"maxmemory": "3GiB", "memory": "6GiB", "maxmemoryPolicy": "volatile-lru", "highAvailability": False},
}  # fmt: skip
SETTINGS: dict[str, Any] = {
    "architecture": "ARM64", "exec": True, "tags": {"team": "agents"},
    "network": {"cidr": "10.64.0.0/18", "zones": ["a", "b"], "nat": "one"},
    "loadBalancer": {"internal": True, "allowFrom": ["10.0.0.0/8"], "sslPolicy": "ELBSecurityPolicy-TLS13-1-3-2021-06",
                     "accessLogsBucket": "our-logs", "host": "agents.internal.example.com"},
    "postgres": {"instanceClass": "db.m7g.xlarge", "maxStorage": "200GiB", "backupWindow": "02:00-03:00",
                 "sslMode": "require"},
    "redis": {"engine": "valkey", "nodeType": "cache.m7g.large", "snapshots": "3d"},
    "logs": {"retentionDays": 90},
    "alarms": {"email": "ops@example.com", "latency": "20s", "errors": 7},
}  # fmt: skip


@pytest.fixture(scope="module")
def stack(deploy: Deploy) -> tuple[Cloud, Plan]:
    return deploy(SETTINGS, TOPOLOGY)


def sent(cloud: Cloud, operation: str, name: str, **where: str) -> Mapping[str, Any]:
    """The parameters of one resource's call."""
    found = [
        call.parameters
        for made in cloud.made
        for call in made.calls
        if made.name == name
        and call.operation == operation
        and all(call.parameters[key] == value for key, value in where.items())
    ]
    assert len(found) == 1, (operation, name, len(found))
    return found[0]


def at(parameters: Any, path: str) -> Any:
    for part in path.split("."):
        parameters = parameters[int(part)] if isinstance(parameters, list) else parameters[part]
    return parameters


FIELDS: list[tuple[str, str, str, str, Any]] = [
    # setting, operation, resource, field, value
    ("app.cpu", "RegisterTaskDefinition", "agno-web", "cpu", "2048"),
    ("app.memory", "RegisterTaskDefinition", "agno-web", "memory", "5120"),
    ("ecs.architecture", "RegisterTaskDefinition", "agno-web", "runtimePlatform.cpuArchitecture", "ARM64"),
    ("app.image", "RegisterTaskDefinition", "agno-web", "containerDefinitions.0.image",
     "registry.example.com/agents:7"),
    ("app.port", "RegisterTaskDefinition", "agno-web", "containerDefinitions.0.portMappings.0.containerPort", 9000),
    ("app.port", "CreateTargetGroup", "agno-web", "Port", 9000),
    ("app.drain.grace", "RegisterTaskDefinition", "agno-web", "containerDefinitions.0.stopTimeout", 110),
    ("app.health.interval", "RegisterTaskDefinition", "agno-web", "containerDefinitions.0.healthCheck.interval", 7),
    ("app.health.timeout", "RegisterTaskDefinition", "agno-web", "containerDefinitions.0.healthCheck.timeout", 4),
    ("app.health.retries", "RegisterTaskDefinition", "agno-web", "containerDefinitions.0.healthCheck.retries", 2),
    ("app.health.startPeriod", "RegisterTaskDefinition", "agno-web",
     "containerDefinitions.0.healthCheck.startPeriod", 90),
    ("app.health.startPeriod", "CreateService", "agno-web", "healthCheckGracePeriodSeconds", 90),
    ("app.health.interval", "CreateTargetGroup", "agno-web", "HealthCheckIntervalSeconds", 7),
    ("app.health.timeout", "CreateTargetGroup", "agno-web", "HealthCheckTimeoutSeconds", 4),
    ("app.health.retries", "CreateTargetGroup", "agno-web", "UnhealthyThresholdCount", 2),
    ("ecs.exec", "CreateService", "agno-web", "enableExecuteCommand", True),
    ("scaling.min", "CreateService", "agno-web", "desiredCount", 2),
    ("the surge of scaling.max", "CreateService", "agno-web", "deploymentConfiguration.maximumPercent", 200),
    ("no fewer while rolling", "CreateService", "agno-web", "deploymentConfiguration.minimumHealthyPercent", 100),
    ("a bad version", "CreateService", "agno-web", "deploymentConfiguration.deploymentCircuitBreaker",
     {"enable": True, "rollback": True}),
    ("zones", "CreateService", "agno-web", "availabilityZoneRebalancing", "ENABLED"),
    ("scaling.min", "RegisterScalableTarget", "agno-scaling", "MinCapacity", 2),
    ("scaling.max", "RegisterScalableTarget", "agno-scaling", "MaxCapacity", 5),
    *(
        (f"scaling.{name}", "PutScalingPolicy", f"agno-scaling-{name}",
         "TargetTrackingScalingPolicyConfiguration.TargetValue", value)
        for name, value in (("cpu", 55), ("memory", 65), ("requests", 750))
    ),
    ("scaling.cooldown.out", "PutScalingPolicy", "agno-scaling-cpu",
     "TargetTrackingScalingPolicyConfiguration.ScaleOutCooldown", 45),
    ("scaling.cooldown.in", "PutScalingPolicy", "agno-scaling-cpu",
     "TargetTrackingScalingPolicyConfiguration.ScaleInCooldown", 200),
    ("loadBalancer.httpPort", "CreateListener", "agno-http", "Port", 8080),
    ("loadBalancer.httpsPort", "CreateListener", "agno-https", "Port", 8443),
    ("loadBalancer.httpsPort", "CreateListener", "agno-http", "DefaultActions.0.RedirectConfig.Port", "8443"),
    ("ecs.loadBalancer.sslPolicy", "CreateListener", "agno-https", "SslPolicy", "ELBSecurityPolicy-TLS13-1-3-2021-06"),
    ("ecs.loadBalancer.internal", "CreateLoadBalancer", "agno-load-balancer", "Scheme", "internal"),
    ("ecs.loadBalancer.allowFrom", "AuthorizeSecurityGroupIngress", "agno-load-balancer-8443-10.0.0.0-8",
     "IpPermissions.0.IpRanges.0.CidrIp", "10.0.0.0/8"),
    ("postgres.version", "CreateDBInstance", "agno-postgres", "EngineVersion", "16"),
    ("postgres.database", "CreateDBInstance", "agno-postgres", "DBName", "agents"),
    ("postgres.user", "CreateDBInstance", "agno-postgres", "MasterUsername", "runner"),
    ("postgres.storage", "CreateDBInstance", "agno-postgres", "AllocatedStorage", 70),
    ("postgres.highAvailability", "CreateDBInstance", "agno-postgres", "MultiAZ", True),
    ("postgres.backups.retention", "CreateDBInstance", "agno-postgres", "BackupRetentionPeriod", 14),
    ("ecs.postgres.backupWindow", "CreateDBInstance", "agno-postgres", "PreferredBackupWindow", "02:00-03:00"),
    ("ecs.postgres.instanceClass", "CreateDBInstance", "agno-postgres", "DBInstanceClass", "db.m7g.xlarge"),
    ("ecs.postgres.maxStorage", "CreateDBInstance", "agno-postgres", "MaxAllocatedStorage", 200),
    ("environment", "CreateDBInstance", "agno-postgres", "DeletionProtection", True),
    ("always", "CreateDBInstance", "agno-postgres", "StorageEncrypted", True),
    ("always", "CreateDBInstance", "agno-postgres", "PubliclyAccessible", False),
    ("postgres.pooler.poolSize", "ModifyDBProxyTargetGroup", "agno-proxy",
     "ConnectionPoolConfig.MaxConnectionsPercent", 20),
    ("postgres.pool.timeout", "ModifyDBProxyTargetGroup", "agno-proxy",
     "ConnectionPoolConfig.ConnectionBorrowTimeout", 9),
    ("ecs.redis.engine", "CreateReplicationGroup", "agno-redis", "Engine", "valkey"),
    ("redis.version", "CreateReplicationGroup", "agno-redis", "EngineVersion", "7.2"),
    ("redis.version", "CreateCacheParameterGroup", "agno-redis", "CacheParameterGroupFamily", "valkey7"),
    ("ecs.redis.nodeType", "CreateReplicationGroup", "agno-redis", "CacheNodeType", "cache.m7g.large"),
    ("ecs.redis.snapshots", "CreateReplicationGroup", "agno-redis", "SnapshotRetentionLimit", 3),
    ("redis.highAvailability", "CreateReplicationGroup", "agno-redis", "NumCacheClusters", 1),
    ("redis.highAvailability", "CreateReplicationGroup", "agno-redis", "AutomaticFailoverEnabled", False),
    ("always", "CreateReplicationGroup", "agno-redis", "TransitEncryptionMode", "required"),
    ("ecs.logs.retentionDays", "PutRetentionPolicy", "agno-logs", "retentionInDays", 90),
    ("ecs.alarms.email", "Subscribe", "agno-alarms", "Endpoint", "ops@example.com"),
    ("ecs.alarms.latency", "PutMetricAlarm", "agno-alarm-latency", "Threshold", 20),
    ("ecs.alarms.errors", "PutMetricAlarm", "agno-alarm-5xx-app", "Threshold", 7),
    ("postgres.maxConnections", "PutMetricAlarm", "agno-alarm-connections", "Threshold", 351),
    ("ecs.network.cidr", "CreateVpc", "agno-vpc", "CidrBlock", "10.64.0.0/18"),
    ("ecs.network.zones", "CreateSubnet", "agno-private-b", "AvailabilityZone", "eu-central-1b"),
]  # fmt: skip


@pytest.mark.parametrize(("setting", "operation", "resource", "field", "value"), FIELDS)
def test_field(
    setting: str, operation: str, resource: str, field: str, value: Any, stack: tuple[Cloud, Plan]
) -> None:
    assert at(sent(stack[0], operation, resource), field) == value, setting


@pytest.mark.parametrize(
    ("setting", "name", "value"),
    [
        ("postgres.maxConnections", "max_connections", "400"),
        ("postgres.sharedBuffers", "shared_buffers", str(GIB // 8192)),
        ("postgres.effectiveCacheSize", "effective_cache_size", str(3 * GIB // 8192)),
        ("postgres.workMem", "work_mem", str(8 * 1024)),
        ("postgres.statementTimeout", "statement_timeout", "30000"),
        ("postgres.idleInTransactionTimeout", "idle_in_transaction_session_timeout", "20000"),
        ("always", "rds.force_ssl", "1"),
    ],
)
def test_parameter_of_postgres(setting: str, name: str, value: str, stack: tuple[Cloud, Plan]) -> None:
    parameters = sent(stack[0], "ModifyDBParameterGroup", "agno-postgres")["Parameters"]
    assert {each["ParameterName"]: each["ParameterValue"] for each in parameters}[name] == value, setting


def test_parameters_of_redis(stack: tuple[Cloud, Plan]) -> None:
    """The stub's: of a node's 6,854,542,746 bytes 3 GiB are left for data."""
    [group] = stack[0].stubbed["CacheParameterGroup"].values()
    assert {each["ParameterName"]: each["ParameterValue"] for each in group["ParameterNameValues"]} == {
        "maxmemory-policy": "volatile-lru",
        "reserved-memory-percent": "54",
    }
    assert 6_854_542_746 * (100 - 54) // 100 <= 3 * GIB < 6_854_542_746 * (100 - 52) // 100


def test_attributes_of_the_load_balancer(stack: tuple[Cloud, Plan]) -> None:
    attributes = sent(stack[0], "ModifyLoadBalancerAttributes", "agno-load-balancer")["Attributes"]
    assert {each["Key"]: each["Value"] for each in attributes} == {
        "idle_timeout.timeout_seconds": "1800",
        "deletion_protection.enabled": "true",
        "routing.http.drop_invalid_header_fields.enabled": "true",
        "access_logs.s3.bucket": "our-logs",
        "access_logs.s3.prefix": "agno-ha-prod-lb",
        "access_logs.s3.enabled": "true",
    }
    attributes = sent(stack[0], "ModifyTargetGroupAttributes", "agno-web")["Attributes"]
    assert {each["Key"]: each["Value"] for each in attributes} == {
        "deregistration_delay.timeout_seconds": "43",
        "load_balancing.algorithm.type": "least_outstanding_requests",
    }


def test_the_environment_of_the_instances(stack: tuple[Cloud, Plan]) -> None:
    cloud, plan = stack
    [app, *_] = sent(cloud, "RegisterTaskDefinition", "agno-web")["containerDefinitions"]
    variables = {each["name"]: each["value"] for each in app["environment"]}
    assert variables["REGION_NAME"] == "here"
    assert (variables["DB_POOL_SIZE"], variables["DB_MAX_OVERFLOW"], variables["WORKERS"]) == ("6", "3", "2")
    assert variables["POSTGRES_HOST"] == cloud.of("Proxy", "agno-proxy").outputs["endpoint"]
    assert (
        variables["REDIS_HOST"]
        == cloud.of("ReplicationGroup", "agno-redis").outputs["primaryEndpointAddress"]
    )
    assert variables["POSTGRES_SSLMODE"] == "require"
    assert variables["KEEP_ALIVE"] == "1805"
    assert plan.outputs["url"] == "https://agents.internal.example.com:8443"


def test_secrets_are_resolved_from_their_references(prod: tuple[Cloud, Plan]) -> None:
    """What ECS does when it starts a task: each reference names a value that Secrets Manager has."""
    cloud, _ = prod
    [app, *_] = _task(cloud)["containerDefinitions"]
    kept = {
        made.outputs["arn"]: (made.outputs["versionId"], made.inputs["secretString"])
        for made in cloud.made
        if made.kind.endswith(":SecretVersion")
    }
    resolved = {}
    for each in app["secrets"]:
        arn, version = each["valueFrom"].rsplit(":::", 1)
        assert kept[arn][0] == version
        resolved[each["name"]] = kept[arn][1]
    assert resolved == {
        "INTERNAL_SERVICE_TOKEN": "secret-agno-service-token",
        "OS_SECURITY_KEY": "secret-agno-security-key",
        "POSTGRES_PASSWORD": "secret-agno-postgres-password",
        "REDIS_PASSWORD": "secret-agno-redis-password",
    }
    assert "secret-agno" not in json.dumps(_task(cloud))
    assert cloud.of("Instance", "agno-postgres").inputs["password"] == resolved["POSTGRES_PASSWORD"]
    assert cloud.of("ReplicationGroup", "agno-redis").inputs["authToken"] == resolved["REDIS_PASSWORD"]


def _task(cloud: Cloud) -> Mapping[str, Any]:
    made: Made = cloud.of("TaskDefinition", "agno-web")
    return made.calls[0].parameters
