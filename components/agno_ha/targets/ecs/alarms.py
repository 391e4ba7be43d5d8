"""CloudWatch alarms, one table, told to one SNS topic."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pulumi
import pulumi_aws as aws

from agno_ha.targets.ecs.app import App
from agno_ha.targets.ecs.load_balancer import Front
from agno_ha.targets.ecs.postgres import Database
from agno_ha.targets.ecs.redis import Cache
from agno_ha.targets.ecs.scope import Scope
from agno_ha.topology.units import GiB

_FULL = 0.9
"""Share of a limit at which somebody should look."""


class Alarm(NamedTuple):
    """One row."""

    room: str
    why: str
    namespace: str
    metric: str
    statistic: str
    """Average, Sum, Maximum, Minimum, or a percentile such as p95."""
    comparison: str
    threshold: float
    dimensions: Mapping[str, pulumi.Input[str]]
    minutes: int = 5
    """How long it must last."""


def table(scope: Scope, app: App, front: Front, database: Database, cache: Cache) -> Iterator[Alarm]:
    """Yield every alarm of this stack."""
    topology, alarms = scope.topology, scope.settings.alarms
    balancer = {"LoadBalancer": front.balancer.arn_suffix}
    targets = {**balancer, "TargetGroup": front.targets.arn_suffix}
    service = {"ClusterName": app.cluster.name, "ServiceName": app.web.name}
    lb, ecs, insights = "AWS/ApplicationELB", "AWS/ECS", "ECS/ContainerInsights"
    above, least = "GreaterThanThreshold", "GreaterThanOrEqualToThreshold"
    errors = alarms.errors
    yield Alarm("5xx-app", "Instances answer with errors", lb, "HTTPCode_Target_5XX_Count", "Sum", least, errors,
                targets, 3)  # fmt: skip
    yield Alarm("5xx-lb", "The load balancer finds no instance that answers", lb, "HTTPCode_ELB_5XX_Count", "Sum",
                least, errors, balancer, 3)  # fmt: skip
    yield Alarm(
        "latency", "Answers begin late", lb, "TargetResponseTime", "p95", above, alarms.latency, targets
    )
    yield Alarm("unhealthy", "Instances fail their health check", lb, "UnHealthyHostCount", "Maximum", least, 1,
                targets, 3)  # fmt: skip
    yield Alarm("cpu", "Instances are out of CPU", ecs, "CPUUtilization", "Average", above, 90, service, 10)
    yield Alarm(
        "memory", "Instances are out of memory", ecs, "MemoryUtilization", "Average", above, 90, service
    )
    if topology.scaling.min < topology.scaling.max:
        yield Alarm("ceiling", "scaling.max is reached: more load finds no more instances", insights,
                    "RunningTaskCount", "Minimum", least, topology.scaling.max, service, 15)  # fmt: skip
    if database.instance is not None:
        yield from _postgres(scope, database.instance)
    for node in range(1, cache.nodes + 1):
        yield from _redis(scope, cache, node)


def _postgres(scope: Scope, instance: aws.rds.Instance) -> Iterator[Alarm]:
    postgres = scope.topology.postgres
    rds, server = "AWS/RDS", {"DBInstanceIdentifier": instance.identifier}
    above, below = "GreaterThanThreshold", "LessThanThreshold"
    yield Alarm("connections", "Postgres is short of connections", rds, "DatabaseConnections", "Maximum", above,
                int(postgres.usable_connections * _FULL), server)  # fmt: skip
    yield Alarm("storage", "Postgres' volume fills faster than it grows", rds, "FreeStorageSpace", "Minimum", below,
                int(max(postgres.storage * (1 - _FULL), GiB)), server)  # fmt: skip
    yield Alarm(
        "postgres-cpu", "Postgres is out of CPU", rds, "CPUUtilization", "Average", above, 90, server, 10
    )


def _redis(scope: Scope, cache: Cache, node: int) -> Iterator[Alarm]:
    if cache.group is None:
        return
    elasticache, above = "AWS/ElastiCache", "GreaterThanThreshold"
    server = {"CacheClusterId": cache.group.replication_group_id.apply(lambda name: f"{name}-{node:03}")}
    yield Alarm(
        f"evictions-{node}", "Redis throws keys away", elasticache, "Evictions", "Sum", above, 0, server
    )
    yield Alarm(f"redis-memory-{node}", "Redis is nearly full", elasticache, "DatabaseMemoryUsagePercentage",
                "Maximum", above, 100 * _FULL, server)  # fmt: skip
    if scope.topology.redis.high_availability:
        yield Alarm(f"replication-lag-{node}", "The replica lags: a failover would lose what it lacks", elasticache,
                    "ReplicationLag", "Maximum", above, 10, server)  # fmt: skip


def create(scope: Scope, rows: list[Alarm]) -> pulumi.Output[str]:
    """Create the topic, where none is given, and the alarms; the topic's ARN."""
    topic = _topic(scope)
    for row in rows:
        percentile = row.statistic.startswith("p")
        aws.cloudwatch.MetricAlarm(
            f"{scope.name}-alarm-{row.room}",
            name=scope.physical(f"alarm-{row.room}", 255),
            alarm_description=f"{row.why}.",
            namespace=row.namespace,
            metric_name=row.metric,
            statistic=None if percentile else row.statistic,
            extended_statistic=row.statistic if percentile else None,
            comparison_operator=row.comparison,
            threshold=row.threshold,
            period=60,
            evaluation_periods=row.minutes,
            datapoints_to_alarm=row.minutes,
            # No requests, or a server that was just made, is no alarm.
            treat_missing_data="notBreaching",
            dimensions=dict(row.dimensions),
            alarm_actions=[topic],
            ok_actions=[topic],
            tags=scope.tags(f"alarm-{row.room}"),
            opts=scope.options(),
        )
    return topic


def _topic(scope: Scope) -> pulumi.Output[str]:
    alarms = scope.settings.alarms
    if alarms.topic_arn is not None:
        return pulumi.Output.from_input(alarms.topic_arn)
    topic = aws.sns.Topic(
        f"{scope.name}-alarms",
        name=scope.physical("alarms", 256),
        tags=scope.tags("alarms"),
        opts=scope.options(),
    )
    if alarms.email is not None:
        aws.sns.TopicSubscription(
            f"{scope.name}-alarms",
            topic=topic.arn,
            protocol="email",
            endpoint=alarms.email,
            opts=scope.options(),
        )
    arn: pulumi.Output[str] = topic.arn
    return arn
