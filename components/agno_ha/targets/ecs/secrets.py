"""Secrets Manager: one secret a value, which a task definition refers to and never holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from agno_ha.targets.ecs.scope import Scope

_RECOVERY_DAYS = 0
"""A deleted secret goes at once: AWS keeps the name of one that waits, and refuses the next of that name (a secret or
RDS Proxy that is turned off and on again). Each value is in the stack's state or configuration as well."""


@dataclass(frozen=True)
class Reference:
    """A secret as a task definition names it."""

    arn: pulumi.Output[str]
    value_from: pulumi.Output[str]
    """With the version: another value makes another task definition, and so a roll."""


def create(scope: Scope, values: Mapping[str, pulumi.Output[str]]) -> dict[str, Reference]:
    """Keep each value; the references by environment name."""
    made = {}
    for name, value in values.items():
        room = name.lower().replace("_", "-")
        arn, version = keep(scope, room, value, f"{name} of the instances")
        made[name] = Reference(arn, pulumi.Output.format("{}:::{}", arn, version.version_id))
    return made


def keep(
    scope: Scope, room: str, value: pulumi.Input[str], description: str
) -> tuple[pulumi.Output[str], aws.secretsmanager.SecretVersion]:
    """Keep one value; the secret's ARN and the version that holds it."""
    secret = aws.secretsmanager.Secret(
        f"{scope.name}-{room}",
        name=scope.physical(room, 256),
        description=description,
        recovery_window_in_days=_RECOVERY_DAYS,
        tags=scope.tags(room),
        opts=scope.options(),
    )
    version = aws.secretsmanager.SecretVersion(
        f"{scope.name}-{room}",
        secret_id=secret.id,
        secret_string=pulumi.Output.secret(value),
        opts=scope.options(),
    )
    return secret.arn, version
