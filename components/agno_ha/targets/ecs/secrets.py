"""Secrets Manager: one secret a value, which a task definition refers to and never holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from agno_ha.targets.ecs.scope import Scope

_RECOVERY_DAYS = 30
"""How long a deleted secret can be restored where data is protected: the longest, and AWS's own default. Where it is
not, it goes at once. Source: `RecoveryWindowInDays` of Secrets Manager's DeleteSecret."""


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
        # AWS keeps the name of a secret that waits, and refuses the next one of it: each gets an ending of its own.
        name_prefix=f"{scope.physical(room, 256)}-",
        description=description,
        recovery_window_in_days=_RECOVERY_DAYS if scope.protect else 0,
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
