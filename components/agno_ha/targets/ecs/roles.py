"""IAM: what may do what, action by action."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import pulumi
import pulumi_aws as aws

from agno_ha.targets.ecs.scope import Scope

_REGISTRY = re.compile(
    r"(?P<account>\d{12})\.dkr[.-]ecr(-fips)?\.(?P<region>[a-z0-9-]+)\."
    r"(amazonaws\.com(\.cn)?|on\.aws|on\.amazonwebservices\.com\.cn)/(?P<name>[^:@]+)"
)
"""An image in ECR, under any of its names: FIPS' own, and those that have IPv6 too."""
_PARTITIONS = {"cn": "aws-cn", "us-gov": "aws-us-gov"}
"""Of the regions whose names begin so."""

PULL = ("ecr:BatchCheckLayerAvailability", "ecr:BatchGetImage", "ecr:GetDownloadUrlForLayer")
"""Pulling an image of one repository in ECR; `ecr:GetAuthorizationToken` knows no repository."""
LOG = ("logs:CreateLogStream", "logs:PutLogEvents")
READ_SECRET = "secretsmanager:GetSecretValue"  # noqa: S105 - an action
SHELL = (
    "ssmmessages:CreateControlChannel",
    "ssmmessages:CreateDataChannel",
    "ssmmessages:OpenControlChannel",
    "ssmmessages:OpenDataChannel",
)
"""ECS Exec, which names no resource."""


class Role(NamedTuple):
    """A role, and the policy without which it may do nothing yet."""

    arn: pulumi.Output[str]
    policies: list[pulumi.Resource]
    """What must be there before the role is used; one that needs no right has none."""


def execution(scope: Scope, *, secrets: Sequence[pulumi.Output[str]], log_group: pulumi.Output[str]) -> Role:
    """Create the role with which ECS starts tasks: it pulls the image, reads their secrets, writes their logs."""
    statements: list[Mapping[str, Any]] = [
        allow(LOG, log_group.apply(lambda arn: f"{arn}:*")),
        allow([READ_SECRET], pulumi.Output.all(*secrets)),
    ]
    if (arn := repository(scope.image)) is not None:
        statements += [allow(["ecr:GetAuthorizationToken"], "*"), allow(PULL, arn)]
    return role(scope, "execution", "ecs-tasks.amazonaws.com", statements)


def task(scope: Scope) -> Role:
    """Create the role that the instances have: none of AWS, but for the shell where it is asked for."""
    return role(scope, "task", "ecs-tasks.amazonaws.com", [allow(SHELL, "*")] if scope.settings.exec else [])


def repository(image: str) -> str | None:
    """Return the ARN of an image's repository in ECR; None where it is elsewhere.

    >>> repository("123456789012.dkr.ecr-fips.us-gov-west-1.amazonaws.com/agents:1")
    'arn:aws-us-gov:ecr:us-gov-west-1:123456789012:repository/agents'
    >>> repository("123456789012.dkr-ecr.eu-central-1.on.aws/team/agents@sha256:0a")
    'arn:aws:ecr:eu-central-1:123456789012:repository/team/agents'
    """
    if (found := _REGISTRY.match(image)) is None:
        return None
    partition = _PARTITIONS.get(found["region"].rsplit("-", 2)[0], "aws")
    return f"arn:{partition}:ecr:{found['region']}:{found['account']}:repository/{found['name']}"


def allow(actions: Sequence[str], resource: pulumi.Input[Any]) -> dict[str, Any]:
    """Return a statement."""
    return {"Effect": "Allow", "Action": sorted(actions), "Resource": resource}


def role(scope: Scope, room: str, service: str, statements: Sequence[Mapping[str, Any]]) -> Role:
    """Create a role that a service may take, and its one policy where it may do anything."""
    trust = {"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"Service": service}}
    made = aws.iam.Role(
        f"{scope.name}-{room}",
        # Names of roles are the account's, over all regions.
        name=scope.physical(f"{room}-{scope.settings.region}", 64),
        assume_role_policy=json.dumps({"Version": "2012-10-17", "Statement": [trust]}),
        tags=scope.tags(room),
        opts=scope.options(),
    )
    if not statements:
        return Role(made.arn, [])
    policy = aws.iam.RolePolicy(
        f"{scope.name}-{room}",
        name=scope.physical(room, 128),
        role=made.name,
        policy=pulumi.Output.json_dumps({"Version": "2012-10-17", "Statement": list(statements)}),
        opts=scope.options(),
    )
    return Role(made.arn, [policy])
