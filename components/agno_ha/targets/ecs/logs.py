"""CloudWatch logs: one group for the tasks, a stream a container, and those that RDS writes to."""

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


EXPORTS = ("postgresql", "upgrade")
"""Logs of RDS for Postgres."""


def of_postgres(scope: Scope, identifier: str) -> list[aws.cloudwatch.LogGroup]:
    """Create the groups of an instance's exports: RDS would make them itself, to be kept for ever."""
    return [
        aws.cloudwatch.LogGroup(
            f"{scope.name}-postgres-{export}",
            name=f"/aws/rds/instance/{identifier}/{export}",
            retention_in_days=scope.settings.logs.retention_days,
            tags=scope.tags(f"postgres-{export}"),
            opts=scope.options(),
        )
        for export in EXPORTS
    ]
