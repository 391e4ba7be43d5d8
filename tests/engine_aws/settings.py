"""Each kind of setting changed alone: what it must touch on AWS."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

UPDATE, REPLACE, CREATE, DELETE = "update", "replace", "create", "delete"


def _all(operation: str, kind: str, *names: str) -> dict[str, str]:
    return {f"agno-{name} ({kind})": operation for name in names}


ROLL = {"agno-web (TaskDefinition)": REPLACE, "agno-web (Service)": UPDATE}
"""Another revision, and the service that runs it: neither the database nor anything else."""
DATABASE = {"agno-postgres (Instance)": UPDATE}
CACHE = {"agno-redis (ReplicationGroup)": UPDATE}
DASHBOARD = {"agno-dashboard (Dashboard)": UPDATE}
"""It shows the alarms' thresholds and what they watch."""
BALANCER = {"agno-load-balancer (LoadBalancer)": UPDATE}
TARGETS = {"agno-web (TargetGroup)": UPDATE}
BOUNDS = {"agno-scaling (Target)": UPDATE}


def alarms(*rooms: str, operation: str = UPDATE) -> dict[str, str]:
    """Alarms, and the dashboard that shows them."""
    return {**_all(operation, "MetricAlarm", *(f"alarm-{room}" for room in rooms)), **DASHBOARD}


class Case(NamedTuple):
    """One setting with another value."""

    path: str
    value: Any
    touches: Mapping[str, str]
    """Resource → operation; exactly these."""

    @property
    def change(self) -> dict[str, Any]:
        """The part of the stack file."""
        made: Any = self.value
        for key in reversed(self.path.split(".")):
            made = {key: made}
        return dict(made)


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
        **BOUNDS, **_all(DELETE, "Policy", "scaling-cpu", "scaling-memory", "scaling-requests"),
        **alarms("ceiling", operation=DELETE),
    }),
    Case("scaling.requestsPerSecond", 30, {"agno-scaling-requests (Policy)": UPDATE}),
    Case("loadBalancer.idleTimeout", "1800s", {**BALANCER, **ROLL}),
    Case("loadBalancer.httpsPort", 8443, {
        "agno-https (Listener)": UPDATE, "agno-http (Listener)": UPDATE,
        "agno-load-balancer-443-0 (SecurityGroupIngressRule)": DELETE,
        "agno-load-balancer-8443-0 (SecurityGroupIngressRule)": CREATE,
    }),
    Case("ecs.loadBalancer.sslPolicy", "ELBSecurityPolicy-TLS13-1-3-2021-06", {"agno-https (Listener)": UPDATE}),
    Case("ecs.loadBalancer.accessLogsBucket", "our-logs", BALANCER),
    Case("ecs.loadBalancer.allowFrom", ["10.0.0.0/8"], _all(
        UPDATE, "SecurityGroupIngressRule", "load-balancer-80-0", "load-balancer-443-0",
    )),
    Case("ecs.loadBalancer.host", "other.example.com", {}),
    Case("ecs.network.nat", "one", {
        **_all(DELETE, "NatGateway", "nat-b", "nat-c"), **_all(DELETE, "Eip", "nat-b", "nat-c"),
        **_all(UPDATE, "Route", "private-b", "private-c"),
    }),
    Case("ecs.network.zones", ["a", "b"], {
        **_all(DELETE, "Subnet", "public-c", "private-c"), **_all(DELETE, "NatGateway", "nat-c"),
        **_all(DELETE, "Eip", "nat-c"), **_all(DELETE, "Route", "private-c"), **_all(DELETE, "RouteTable", "private-c"),
        **_all(DELETE, "RouteTableAssociation", "public-c", "private-c"),
        **_all(UPDATE, "SubnetGroup", "postgres", "redis"),
        **BALANCER, "agno-web (Service)": UPDATE,
    }),
    Case("postgres.maxConnections", 220, {"agno-postgres (ParameterGroup)": UPDATE, **alarms("connections")}),
    Case("postgres.version", 18, {"agno-postgres (ParameterGroup)": REPLACE, **DATABASE}),
    Case("postgres.storage", "70GiB", {**DATABASE, **alarms("storage")}),
    Case("postgres.highAvailability", False, DATABASE),
    Case("postgres.pool.size", 4, ROLL),
    Case("postgres.pooler", {"enabled": True, "poolSize": 90}, {
        **ROLL, **_all(CREATE, "SecurityGroup", "proxy"),
        **_all(CREATE, "SecurityGroupIngressRule", "app-proxy", "proxy-postgres"),
        **_all(CREATE, "SecurityGroupEgressRule", "proxy-postgres"),
        **_all(DELETE, "SecurityGroupIngressRule", "app-postgres"),
        **_all(CREATE, "Secret", "proxy-login"), **_all(CREATE, "SecretVersion", "proxy-login"),
        **_all(CREATE, "Role", "proxy"), **_all(CREATE, "RolePolicy", "proxy"), **_all(CREATE, "Proxy", "proxy"),
        **_all(CREATE, "ProxyDefaultTargetGroup", "proxy"), **_all(CREATE, "ProxyTarget", "proxy"),
    }),
    Case("redis.maxmemory", "3GiB", {"agno-redis (ParameterGroup)": UPDATE}),
    Case("redis.highAvailability", False, {
        **CACHE, **alarms("evictions-2", "redis-memory-2", "replication-lag-1", "replication-lag-2", operation=DELETE),
    }),
    Case("ecs.redis.engine", "valkey", {**CACHE, "agno-redis (ParameterGroup)": REPLACE}),
    Case("ecs.exec", True, {**ROLL, "agno-task (RolePolicy)": CREATE}),
    Case("ecs.architecture", "ARM64", ROLL),
    Case("ecs.logs.retentionDays", 90, {"agno-logs (LogGroup)": UPDATE}),
    Case("ecs.alarms.errors", 20, alarms("5xx-app", "5xx-lb")),
    Case("environment", "dev", {**BALANCER, **DATABASE, **CACHE}),
]  # fmt: skip

TOGETHER = {
    "app.environment", "app.drain.timeout", "app.health.interval", "app.port", "app.scheduler", "scaling.max",
    "scaling.requestsPerSecond", "loadBalancer.idleTimeout", "loadBalancer.httpsPort", "ecs.loadBalancer.sslPolicy",
    "ecs.loadBalancer.accessLogsBucket", "ecs.loadBalancer.allowFrom", "ecs.network.nat", "postgres.maxConnections",
    "postgres.version", "postgres.storage", "postgres.highAvailability", "postgres.pooler", "redis.maxmemory",
    "redis.highAvailability", "ecs.exec", "ecs.logs.retentionDays", "ecs.alarms.errors",
}  # fmt: skip
"""Of these, what is brought up at once."""
