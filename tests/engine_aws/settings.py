"""Each kind of setting changed alone: what it must touch on AWS."""

from __future__ import annotations

from harness.settings import CREATE, DELETE, REPLACE, UPDATE, Case, every

ROLL = {"agno-web (TaskDefinition)": REPLACE, "agno-web (Service)": UPDATE}
"""Another revision, and the service that runs it: neither the database nor anything else."""
DATABASE = {"agno-postgres (Instance)": UPDATE}
CACHE = {"agno-redis (ReplicationGroup)": UPDATE}
DASHBOARD = {"agno-dashboard (Dashboard)": UPDATE}
"""It shows the alarms' thresholds and what they watch."""
BALANCER = {"agno-load-balancer (LoadBalancer)": UPDATE}
TARGETS = {"agno-web (TargetGroup)": UPDATE}
BOUNDS = {"agno-scaling (Target)": UPDATE}
SECRETS = ("postgres-password", "redis-password", "internal-service-token", "os-security-key")

ELSEWHERE = {"ecs": {"network": {
    "vpcId": "vpc-0123abcd", "privateSubnetIds": ["subnet-00000001", "subnet-00000002"],
    "publicSubnetIds": ["subnet-00000003", "subnet-00000004"],
}}}  # fmt: skip
"""Another VPC."""


def alarms(*rooms: str, operation: str = UPDATE) -> dict[str, str]:
    """Alarms, and the dashboard that shows them."""
    return {**every(operation, "MetricAlarm", *(f"alarm-{room}" for room in rooms)), **DASHBOARD}


def proxy(operation: str) -> dict[str, str]:
    """RDS Proxy, and all that is for it alone."""
    return {
        **every(operation, "SecurityGroup", "proxy"),
        **every(operation, "SecurityGroupIngressRule", "app-proxy", "proxy-postgres"),
        **every(operation, "SecurityGroupEgressRule", "proxy-postgres"),
        **every(operation, "Secret", "proxy-login"), **every(operation, "SecretVersion", "proxy-login"),
        **every(operation, "Role", "proxy"), **every(operation, "RolePolicy", "proxy"),
        **every(operation, "Proxy", "proxy"), **every(operation, "ProxyDefaultTargetGroup", "proxy"),
        **every(operation, "ProxyTarget", "proxy"),
    }  # fmt: skip


CASES = [
    Case("ecs.image", "111122223333.dkr.ecr.eu-central-1.amazonaws.com/agno-ha/app:0.3.0", ROLL),
    Case("ecs.image", "registry.example.com/app:1", {**ROLL, "agno-execution (RolePolicy)": UPDATE}),
    Case("app.environment", {"COLOUR": "green"}, ROLL),
    Case("app.drain.timeout", "40s", {**ROLL, **TARGETS}),
    Case("app.health.interval", "9s", {**ROLL, **TARGETS}),
    Case("app.port", 9000, {
        **ROLL, "agno-web (TargetGroup)": REPLACE, "agno-https (Listener)": UPDATE,
        "agno-load-balancer-app (SecurityGroupIngressRule)": UPDATE,
        "agno-load-balancer-app (SecurityGroupEgressRule)": UPDATE,
        "agno-scaling-requests (Policy)": UPDATE,
        **alarms("5xx-app", "latency", "unhealthy"),
    }),
    Case("app.scheduler", {"enabled": True, "memory": "2GiB"}, {
        "agno-scheduler (TaskDefinition)": CREATE, "agno-scheduler (Service)": CREATE,
    }),
    Case("scaling.min", 4, BOUNDS),
    Case("scaling.max", 8, {**BOUNDS, **alarms("ceiling")}),
    Case("scaling", {"min": 9}, {
        **BOUNDS, **every(DELETE, "Policy", "scaling-cpu", "scaling-memory", "scaling-requests"),
        **alarms("ceiling", operation=DELETE),
    }),
    Case("scaling.requestsPerSecond", 30, {"agno-scaling-requests (Policy)": UPDATE}),
    Case("loadBalancer.idleTimeout", "1800s", {**BALANCER, **ROLL}),
    Case("loadBalancer.httpsPort", 8443, {
        "agno-https (Listener)": UPDATE, "agno-http (Listener)": UPDATE,
        "agno-load-balancer-443-0.0.0.0-0 (SecurityGroupIngressRule)": DELETE,
        "agno-load-balancer-8443-0.0.0.0-0 (SecurityGroupIngressRule)": CREATE,
    }),
    Case("ecs.loadBalancer.sslPolicy", "ELBSecurityPolicy-TLS13-1-3-2021-06", {"agno-https (Listener)": UPDATE}),
    Case("ecs.loadBalancer.accessLogsBucket", "our-logs", BALANCER),
    Case("ecs.loadBalancer.allowFrom", ["10.0.0.0/8"], {
        **every(DELETE, "SecurityGroupIngressRule", "load-balancer-80-0.0.0.0-0", "load-balancer-443-0.0.0.0-0"),
        **every(CREATE, "SecurityGroupIngressRule", "load-balancer-80-10.0.0.0-8", "load-balancer-443-10.0.0.0-8"),
    }),
    Case("ecs.loadBalancer.host", "other.example.com", {}),
    Case("ecs.network.nat", "one", {
        **every(DELETE, "NatGateway", "nat-b", "nat-c"), **every(DELETE, "Eip", "nat-b", "nat-c"),
        **every(UPDATE, "Route", "private-b", "private-c"),
    }),
    Case("ecs.network.zones", ["a", "b"], {
        **every(DELETE, "Subnet", "public-c", "private-c"), **every(DELETE, "NatGateway", "nat-c"),
        **every(DELETE, "Eip", "nat-c"), **every(DELETE, "Route", "private-c"),
        **every(DELETE, "RouteTable", "private-c"),
        **every(DELETE, "RouteTableAssociation", "public-c", "private-c"),
        **every(UPDATE, "SubnetGroup", "postgres", "redis"),
        **BALANCER, "agno-web (Service)": UPDATE,
    }),
    Case("postgres.maxConnections", 220, {"agno-postgres (ParameterGroup)": UPDATE, **alarms("connections")}),
    Case("postgres.version", 18, {"agno-postgres (ParameterGroup)": REPLACE, **DATABASE}),
    Case("postgres.storage", "70GiB", {**DATABASE, **alarms("storage")}),
    Case("postgres.highAvailability", False, DATABASE),
    Case("postgres.pool.size", 4, ROLL),
    Case("postgres.pooler", {"enabled": True, "poolSize": 90}, {
        **ROLL, **proxy(CREATE), **every(DELETE, "SecurityGroupIngressRule", "app-postgres"),
    }),
    Case("redis.maxmemory", "3GiB", {"agno-redis (ParameterGroup)": UPDATE}),
    Case("redis.highAvailability", False, {
        **CACHE, **alarms("evictions-2", "redis-memory-2", "replication-lag-1", "replication-lag-2", operation=DELETE),
    }),
    Case("ecs.postgres.sslMode", "require", ROLL),
    Case("ecs.redis.engine", "valkey", {**CACHE, "agno-redis (ParameterGroup)": REPLACE}),
    Case("ecs.exec", True, {**ROLL, "agno-task (RolePolicy)": CREATE}),
    Case("ecs.architecture", "ARM64", ROLL),
    Case("ecs.logs.retentionDays", 90, every(UPDATE, "LogGroup", "logs", "postgres-postgresql", "postgres-upgrade")),
    Case("ecs.alarms.errors", 20, alarms("5xx-app", "5xx-lb")),
    Case("environment", "dev", {**BALANCER, **DATABASE, **CACHE, **every(UPDATE, "Secret", *SECRETS)}),
]  # fmt: skip

TOGETHER = {
    "app.environment", "app.drain.timeout", "app.health.interval", "app.port", "app.scheduler", "scaling.max",
    "scaling.requestsPerSecond", "loadBalancer.idleTimeout", "loadBalancer.httpsPort", "ecs.loadBalancer.sslPolicy",
    "ecs.loadBalancer.accessLogsBucket", "ecs.loadBalancer.allowFrom", "ecs.network.nat", "postgres.maxConnections",
    "postgres.version", "postgres.storage", "postgres.highAvailability", "postgres.pooler", "redis.maxmemory",
    "redis.highAvailability", "ecs.exec", "ecs.logs.retentionDays", "ecs.alarms.errors",
}  # fmt: skip
"""Of these, what is brought up at once."""
