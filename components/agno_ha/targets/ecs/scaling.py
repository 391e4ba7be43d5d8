"""Application Auto Scaling: it always owns the number of instances, between scaling.min and scaling.max."""

from __future__ import annotations

import pulumi
import pulumi_aws as aws

from agno_ha.targets.ecs.limits import whole
from agno_ha.targets.ecs.load_balancer import Front
from agno_ha.targets.ecs.scope import Scope
from agno_ha.topology import Topology

MINIMUM_PERCENT = 100
"""Of the desired count, what serves while all are replaced."""
MAXIMUM_PERCENT = 200
"""Of the desired count, what runs or starts while all are replaced."""


def surge(topology: Topology) -> int:
    """Return how many instances can exist above `scaling.max` while all are replaced.

    ECS counts what runs and starts against MAXIMUM_PERCENT, not what stops: an old task that drains still has its
    connections. At 200% all new tasks stand beside all old ones, drained or not, and no more are ever started.
    """
    return topology.scaling.max * (MAXIMUM_PERCENT - 100) // 100


def create(
    scope: Scope, cluster: aws.ecs.Cluster, service: aws.ecs.Service, front: Front
) -> aws.appautoscaling.Target:
    """Create the bounds, and a policy for each target that is on."""
    scaling = scope.topology.scaling
    target = aws.appautoscaling.Target(
        f"{scope.name}-scaling",
        service_namespace="ecs",
        scalable_dimension="ecs:service:DesiredCount",
        resource_id=pulumi.Output.concat("service/", cluster.name, "/", service.name),
        min_capacity=scaling.min,
        max_capacity=scaling.max,
        tags=scope.tags("scaling"),
        opts=scope.options(),
    )
    if scaling.min == scaling.max:
        return target  # nothing to decide
    label = pulumi.Output.concat(front.balancer.arn_suffix, "/", front.targets.arn_suffix)
    requests = scaling.requests_per_second
    for room, metric, value, resource in (
        ("cpu", "ECSServiceAverageCPUUtilization", scaling.cpu, None),
        ("memory", "ECSServiceAverageMemoryUtilization", scaling.memory, None),
        # AWS counts requests a minute.
        ("requests", "ALBRequestCountPerTarget", requests and round(requests * 60, 3), label),
    ):
        if value is not None:
            _policy(scope, room, target, metric, value, resource, [front.listener])
    return target


def _policy(
    scope: Scope,
    room: str,
    target: aws.appautoscaling.Target,
    metric: str,
    value: float,
    label: pulumi.Output[str] | None,
    depends_on: list[pulumi.Resource],
) -> None:
    cooldown = scope.topology.scaling.cooldown
    specification = (
        aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationPredefinedMetricSpecificationArgs(
            predefined_metric_type=metric, resource_label=label
        )
    )
    aws.appautoscaling.Policy(
        f"{scope.name}-scaling-{room}",
        name=scope.physical(f"scaling-{room}", 255),
        policy_type="TargetTrackingScaling",
        service_namespace=target.service_namespace,
        scalable_dimension=target.scalable_dimension,
        resource_id=target.resource_id,
        target_tracking_scaling_policy_configuration=(
            aws.appautoscaling.PolicyTargetTrackingScalingPolicyConfigurationArgs(
                predefined_metric_specification=specification,
                target_value=value,
                scale_out_cooldown=whole(cooldown.out),
                scale_in_cooldown=whole(cooldown.in_),
                disable_scale_in=False,
            )
        ),
        opts=scope.options(depends_on=depends_on),
    )
