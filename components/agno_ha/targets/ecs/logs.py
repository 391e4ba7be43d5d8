"""CloudWatch logs: one group, a stream a container."""

from __future__ import annotations

import pulumi_aws as aws

from agno_ha.targets.ecs.scope import Scope


def create(scope: Scope) -> aws.cloudwatch.LogGroup:
    """Create the tasks' log group."""
    return aws.cloudwatch.LogGroup(
        f"{scope.name}-logs",
        name=f"/ecs/{scope.physical('logs', 500)}",
        retention_in_days=scope.settings.logs.retention_days,
        tags=scope.tags("logs"),
        opts=scope.options(),
    )
