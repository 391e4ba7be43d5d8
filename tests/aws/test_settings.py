"""Each setting's way from the configuration to the field of the API."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

import pytest
from agno_ha.offline import Plan
from agno_ha.targets.ecs.settings import EcsSettings
from agno_ha.topology import Topology
from agno_ha.topology.base import Section

from .cloud import Cloud, Made
from .conftest import Deploy
from .test_graph import LOST

MIB, GIB = 1024**2, 1024**3
TOPOLOGY: dict[str, Any] = {
    "app": {
        "cpu": 2, "memory": "5GiB", "workers": 2, "port": 9000, "image": "registry.example.com/agents:7",
        "agents": "mine:agents", "model": {"id": "m", "baseUrl": "https://models.example.com/v1"},
        "environment": {"REGION_NAME": "here"}, "secrets": {"API_TOKEN": "token"}, "authentication": "none",
        "drain": {"delay": "3s", "timeout": "40s", "grace": "110s"},
        "health": {"interval": "7s", "timeout": "4s", "retries": 2, "startPeriod": "90s"},
    },
    "scaling": {"min": 2, "max": 5, "cpu": 55, "memory": 65, "requestsPerSecond": 12.5,
                "cooldown": {"out": "45s", "in": "200s"}},
    "loadBalancer": {"httpPort": 8080, "httpsPort": 8443, "idleTimeout": "1800s"},
    "postgres": {
        "version": 16, "database": "agents", "user": "runner", "maxConnections": 400, "sharedBuffers": "1GiB",
        "effectiveCacheSize": "3GiB", "workMem": "8MiB", "statementTimeout": "30s", "idleInTransactionTimeout": "20s",
        "storage": "70GiB", "memory": "8GiB", "highAvailability": True, "backups": {"retention": "14d"},
        "pool": {"size": 6, "overflow": 3, "timeout": "9s", "recycle": "20m", "connectTimeout": "4s"},
        "pooler": {"enabled": True, "poolSize": 80},
    },
    "redis": {"maxmemory": "3GiB", "memory": "6GiB", "maxmemoryPolicy": "volatile-lru", "highAvailability": False},
    "sessions": {"store": "redis"},
}  # fmt: skip
SETTINGS: dict[str, Any] = {
    "architecture": "ARM64", "exec": True, "tags": {"team": "agents"},
    "network": {"cidr": "10.64.0.0/18", "zones": ["a", "b"], "nat": "one"},
    "loadBalancer": {"internal": True, "allowFrom": ["10.0.0.0/8"], "sslPolicy": "ELBSecurityPolicy-TLS13-1-3-2021-06",
                     "accessLogsBucket": "our-logs", "host": "agents.internal.example.com"},
    "postgres": {"instanceClass": "db.m7g.xlarge", "maxStorage": "200GiB", "backupWindow": "02:00-03:00",
                 "sslMode": "require", "applyImmediately": False},
    "redis": {"engine": "valkey", "nodeType": "cache.m7g.large", "snapshots": "3d"},
    "logs": {"retentionDays": 90},
    "alarms": {"email": "ops@example.com", "latency": "20s", "errors": 7},
}  # fmt: skip
# What excludes something of the first: another region, and stores and a VPC that are there already.
ELSEWHERE: tuple[dict[str, Any], dict[str, Any]] = (
    {
        "region": "eu-west-1", "image": "registry.example.com/others:3", "network": {"vpcId": "existing"},
        "alarms": {"topicArn": "arn:aws:sns:eu-west-1:111122223333:ours"},
    },
    {
        "app": {"scheduler": {"enabled": True, "cpu": 0.25, "memory": "1GiB"}},
        "postgres": {"mode": "external", "password": "database",
                     "external": {"host": "db.example.com", "port": 6432, "sslMode": "verify-ca"}},
        "redis": {"mode": "external", "password": "cache",
                  "external": {"host": "redis.example.com", "port": 6380, "tls": False, "username": "agents"}},
    },
)  # fmt: skip


@pytest.fixture(scope="module")
def stack(deploy: Deploy) -> tuple[Cloud, Plan]:
    return deploy(SETTINGS, TOPOLOGY, token="a token")


@pytest.fixture(scope="module")
def elsewhere(deploy: Deploy) -> tuple[Cloud, Plan]:
    return deploy(*ELSEWHERE, database="a database's password", cache="a cache's password")


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


def group(name: str) -> Callable[[Cloud], str]:
    return lambda cloud: str(cloud.of("SecurityGroup", name).outputs["id"])


def there(name: str) -> Callable[[Cloud], Any]:
    return lambda cloud: cloud.there[name]


FIELDS: list[tuple[str, str, str, str, Any]] = [
    # setting, operation, resource, field, value or what gives it
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
        (f"scaling.{setting}", "PutScalingPolicy", f"agno-scaling-{room}",
         "TargetTrackingScalingPolicyConfiguration.TargetValue", value)
        for setting, room, value in (
            ("cpu", "cpu", 55), ("memory", "memory", 65), ("requestsPerSecond", "requests", 750),
        )
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
    ("ecs.network.nat", "CreateRoute", "agno-private-b", "NatGatewayId",
     lambda cloud: cloud.of("NatGateway", "agno-nat-a").outputs["id"]),
    ("ecs.tags", "CreateCluster", "agno-cluster", "tags.2", {"key": "team", "value": "agents"}),
    ("ecs.loadBalancer.certificateArn", "CreateListener", "agno-https", "Certificates.0.CertificateArn",
     there("certificateArn")),
    ("always", "CreateService", "agno-web", "enableECSManagedTags", True),
    ("always", "CreateReplicationGroup", "agno-redis", "CacheParameterGroupName",
     "agno-ha-prod-valkey7-cache-m7g-large"),
    ("always", "CreateReplicationGroup", "agno-redis", "CacheSubnetGroupName",
     lambda cloud: cloud.of("SubnetGroup", "agno-redis").outputs["id"]),
    ("always", "CreateReplicationGroup", "agno-redis", "SecurityGroupIds.0", group("agno-redis")),
]  # fmt: skip
THERE: list[tuple[str, str, str, str, Any]] = [
    ("ecs.region", "RegisterTaskDefinition", "agno-web",
     "containerDefinitions.0.logConfiguration.options.awslogs-region", "eu-west-1"),
    ("ecs.image", "RegisterTaskDefinition", "agno-web", "containerDefinitions.0.image",
     "registry.example.com/others:3"),
    ("ecs.network.vpcId", "CreateTargetGroup", "agno-web", "VpcId", there("vpcId")),
    ("ecs.network.vpcId", "CreateSecurityGroup", "agno-app", "VpcId", there("vpcId")),
    ("ecs.network.privateSubnetIds", "CreateService", "agno-web", "networkConfiguration.awsvpcConfiguration.subnets",
     there("privateSubnetIds")),
    ("ecs.network.publicSubnetIds", "CreateLoadBalancer", "agno-load-balancer", "Subnets", there("publicSubnetIds")),
    ("ecs.alarms.topicArn", "PutMetricAlarm", "agno-alarm-cpu", "AlarmActions",
     ["arn:aws:sns:eu-west-1:111122223333:ours"]),
    ("app.scheduler.enabled", "CreateService", "agno-scheduler", "desiredCount", 1),
    ("app.scheduler.cpu", "RegisterTaskDefinition", "agno-scheduler", "cpu", "256"),
    ("app.scheduler.memory", "RegisterTaskDefinition", "agno-scheduler", "memory", "1024"),
    ("postgres.password", "PutSecretValue", "agno-postgres-password", "SecretString", "a database's password"),
    ("redis.password", "PutSecretValue", "agno-redis-password", "SecretString", "a cache's password"),
]  # fmt: skip


@pytest.mark.parametrize(("setting", "operation", "resource", "field", "value"), FIELDS)
def test_field(
    setting: str, operation: str, resource: str, field: str, value: Any, stack: tuple[Cloud, Plan]
) -> None:
    assert at(sent(stack[0], operation, resource), field) == _value(value, stack[0]), setting


@pytest.mark.parametrize(("setting", "operation", "resource", "field", "value"), THERE)
def test_field_where_much_is_there_already(
    setting: str, operation: str, resource: str, field: str, value: Any, elsewhere: tuple[Cloud, Plan]
) -> None:
    assert at(sent(elsewhere[0], operation, resource), field) == _value(value, elsewhere[0]), setting


def _value(value: Any, cloud: Cloud) -> Any:
    return value(cloud) if callable(value) else value


def test_what_moto_forgets_has_a_row() -> None:
    rows = [f"{operation}.{field}" for _, operation, _, field, _ in FIELDS]
    assert [each for each in LOST if not any(f"{each}.".startswith(f"{row}.") or f"{row}.".startswith(f"{each}.")
                                             for row in rows)] == []  # fmt: skip


PARAMETERS = [
    ("postgres.maxConnections", "max_connections", "400"),
    ("postgres.sharedBuffers", "shared_buffers", str(GIB // 8192)),
    ("postgres.effectiveCacheSize", "effective_cache_size", str(3 * GIB // 8192)),
    ("postgres.workMem", "work_mem", str(8 * 1024)),
    ("postgres.statementTimeout", "statement_timeout", "30000"),
    ("postgres.idleInTransactionTimeout", "idle_in_transaction_session_timeout", "20000"),
    ("always", "rds.force_ssl", "1"),
]


@pytest.mark.parametrize(("setting", "name", "value"), PARAMETERS)
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


VARIABLES = [
    ("app.environment", "REGION_NAME", "here"),
    ("app.agents", "AGNO_AGENTS", "mine:agents"),
    ("app.model.id", "AGNO_MODEL", "m"),
    ("app.model.baseUrl", "OPENAI_BASE_URL", "https://models.example.com/v1"),
    ("app.workers", "WORKERS", "2"),
    ("app.drain.delay", "DRAIN_DELAY", "3"),
    ("app.drain.timeout", "DRAIN_TIMEOUT", "40"),
    ("loadBalancer.idleTimeout", "KEEP_ALIVE", "1805"),
    ("sessions.store", "SESSION_STORE", "redis"),
    ("postgres.pool.size", "DB_POOL_SIZE", "6"),
    ("postgres.pool.overflow", "DB_MAX_OVERFLOW", "3"),
    ("postgres.pool.timeout", "DB_POOL_TIMEOUT", "9"),
    ("postgres.pool.recycle", "DB_POOL_RECYCLE", "1200"),
    ("postgres.pool.connectTimeout", "DB_CONNECT_TIMEOUT", "4"),
    ("postgres.pooler.enabled", "POSTGRES_HOST", lambda cloud: cloud.of("Proxy", "agno-proxy").outputs["endpoint"]),
    ("postgres.pooler.mode", "DB_POOLER", "transaction"),
    ("ecs.postgres.sslMode", "POSTGRES_SSLMODE", "require"),
    ("redis.mode", "REDIS_HOST",
     lambda cloud: cloud.of("ReplicationGroup", "agno-redis").outputs["primaryEndpointAddress"]),
    ("always", "REDIS_TLS", "true"),
]  # fmt: skip
VARIABLES_THERE = [
    ("postgres.mode", "DB_POOLER", "off"),
    ("postgres.external.host", "POSTGRES_HOST", "db.example.com"),
    ("postgres.external.port", "POSTGRES_PORT", "6432"),
    ("postgres.external.sslMode", "POSTGRES_SSLMODE", "verify-ca"),
    ("redis.external.host", "REDIS_HOST", "redis.example.com"),
    ("redis.external.port", "REDIS_PORT", "6380"),
    ("redis.external.tls", "REDIS_TLS", "false"),
    ("redis.external.username", "REDIS_USERNAME", "agents"),
]


def test_the_environment_of_the_instances(stack: tuple[Cloud, Plan]) -> None:
    cloud, plan = stack
    variables = _variables(cloud)
    assert {name: variables.get(name) for _, name, _ in VARIABLES} == {
        name: _value(value, cloud) for _, name, value in VARIABLES
    }
    assert plan.outputs["url"] == "https://agents.internal.example.com:8443"


def test_the_environment_where_the_stores_are_somebody_elses(elsewhere: tuple[Cloud, Plan]) -> None:
    variables = _variables(elsewhere[0])
    expected = {name: value for _, name, value in VARIABLES_THERE}
    assert {name: variables.get(name) for name in expected} == expected


def _variables(cloud: Cloud) -> dict[str, str]:
    [app, *_] = sent(cloud, "RegisterTaskDefinition", "agno-web")["containerDefinitions"]
    return {each["name"]: each["value"] for each in app["environment"]}


def test_the_secrets_of_the_instances(stack: tuple[Cloud, Plan]) -> None:
    """`app.secrets` adds one, and `app.authentication` none takes one away."""
    [app, *_] = _task(stack[0])["containerDefinitions"]
    assert [each["name"] for each in app["secrets"]] == [
        "API_TOKEN", "INTERNAL_SERVICE_TOKEN", "POSTGRES_PASSWORD", "REDIS_PASSWORD",
    ]  # fmt: skip
    assert sent(stack[0], "PutSecretValue", "agno-api-token")["SecretString"] == "a token"


LATER = {
    "prod": {
        ("Instance", "agno-postgres"): {
            "allowMajorVersionUpgrade": True, "applyImmediately": True, "deleteAutomatedBackups": False,
            "finalSnapshotIdentifier": "agno-ha-prod-postgres-final", "skipFinalSnapshot": False,
        },
        ("ReplicationGroup", "agno-redis"): {
            "applyImmediately": True,
            "finalSnapshotIdentifier": "agno-ha-prod-redis-final",
        },
        ("ParameterGroup", "agno-postgres"): {"skipDestroy": False},
        ("TaskDefinition", "agno-web"): {"skipDestroy": True},
        ("Service", "agno-web"): {"waitForSteadyState": True},
        ("Secret", "agno-postgres-password"): {"recoveryWindowInDays": 30},
        ("Secret", "agno-redis-password"): {"recoveryWindowInDays": 30},
        ("Secret", "agno-internal-service-token"): {"recoveryWindowInDays": 30},
        ("Secret", "agno-os-security-key"): {"recoveryWindowInDays": 30},
    },
}  # fmt: skip
LATER["dev"] = LATER["prod"] | {
    ("Instance", "agno-postgres"): {
        "allowMajorVersionUpgrade": True, "applyImmediately": True, "deleteAutomatedBackups": True,
        "skipFinalSnapshot": True,
    },
    ("ReplicationGroup", "agno-redis"): {"applyImmediately": True},
    **{key: {"recoveryWindowInDays": 0} for key in LATER["prod"] if key[0] == "Secret"},
}  # fmt: skip
"""What no call that creates something says: to the provider, or to what changes or deletes it."""


@pytest.mark.parametrize("environment", LATER)
def test_what_is_said_later(environment: str, deploy: Deploy, prod: tuple[Cloud, Plan]) -> None:
    cloud, _ = prod if environment == "prod" else deploy(environment=environment)
    assert _kept(cloud) == LATER[environment]


def test_what_is_not_applied_at_once(stack: tuple[Cloud, Plan]) -> None:
    """`ecs.postgres.applyImmediately` is false; ElastiCache refuses half of a change that waits (redis.py)."""
    kept = _kept(stack[0])
    assert kept["Instance", "agno-postgres"]["applyImmediately"] is False
    assert kept["ParameterGroup", "agno-postgres"] == {"skipDestroy": True}
    assert kept["ReplicationGroup", "agno-redis"]["applyImmediately"] is True


def _kept(cloud: Cloud) -> dict[tuple[str, str], Mapping[str, Any]]:
    return {(made.kind.rpartition(":")[2], made.name): made.kept for made in cloud.made if made.kept}


OTHER_TESTS = {
    "app.secrets": "test_the_secrets_of_the_instances",
    "app.authentication": "test_the_secrets_of_the_instances",
    "ecs.loadBalancer.host": "test_the_environment_of_the_instances: the stack's url",
    "ecs.loadBalancer.accessLogsBucket": "test_attributes_of_the_load_balancer",
    "ecs.loadBalancer.plainHttp": "test_graph, `plain http`",
    "loadBalancer.tls.mode": "test_graph, `imported certificate`",
    "redis.maxmemory": "test_parameters_of_redis",
    "redis.maxmemoryPolicy": "test_parameters_of_redis",
    "ecs.postgres.applyImmediately": "test_what_is_not_applied_at_once",
    "ecs.updateTimeout": "an option of the resource and no call: tests/offline/ecs_plans/full.yaml",
    "loadBalancer.tls.certificate": "tests/offline/ecs_plans/small.yaml",
    "loadBalancer.tls.privateKey": "tests/offline/ecs_plans/small.yaml",
}
"""Settings without a row, and where they are looked at."""

SENT_NOWHERE = {
    "app.build": "made into an image before; ECS gets the pushed one (tests/unit/test_ecs_limits.py, `image`)",
    "app.longestSilence": "only compared with loadBalancer.idleTimeout",
    "postgres.reservedConnections": "what the pools leave: RDS keeps the server's own reserve to itself",
    "postgres.cpu": "chooses the class where none is named (tests/unit/test_ecs_limits.py)",
    "postgres.memory": "likewise",
    "redis.memory": "chooses the node type where none is named (tests/unit/test_ecs_limits.py)",
    "redis.persistence.fsync": "ElastiCache keeps no log: told as redis.persistence",
    **dict.fromkeys(
        (
            *(
                "loadBalancer.replicas",
                "loadBalancer.cpu",
                "loadBalancer.memory",
                "loadBalancer.connectTimeout",
            ),
            *("loadBalancer.bodyLimit", "postgres.stopGrace", "redis.stopGrace", "redis.storage"),
            *("redis.persistence.appendonly", "postgres.pooler.maxClientConnections"),
            *("postgres.pooler.cpu", "postgres.pooler.memory", "redis.cpu"),
        ),
        "has no effect, which is told (tests/unit/test_ecs_limits.py)",
    ),
}
"""Settings that no call of AWS has, and why."""


def leaves(section: type[Section], prefix: str = "") -> Iterator[str]:
    """Every setting of a model, as files have it."""
    for name, field in section.model_fields.items():
        path = f"{prefix}{field.alias or name}"
        inner = [each for each in (field.annotation, *get_args(field.annotation)) if isinstance(each, type)]
        if sections := [each for each in inner if issubclass(each, Section)]:
            yield from leaves(sections[0], f"{path}.")
        else:
            yield path


def test_every_setting_has_a_row_or_a_reason() -> None:
    tables = (FIELDS, THERE, PARAMETERS, VARIABLES, VARIABLES_THERE)
    rows = {row[0] for table in tables for row in table}
    reasons = OTHER_TESTS.keys() | SENT_NOWHERE.keys()
    every = {*leaves(EcsSettings, "ecs."), *leaves(Topology)}
    assert every - rows - reasons == set()
    assert (reasons - every, reasons & rows) == (set(), set())
    assert len(every) > 100


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
