"""How each service is told of other tags."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from aws.cloud import ACCOUNT, Cloud

from .kind import State

Tags = Mapping[str, str]


def _list(tags: Tags, key: str = "Key", value: str = "Value") -> list[dict[str, str]]:
    return [{key: name, value: text} for name, text in sorted(tags.items())]


def _arn(cloud: Cloud, service: str, kind: str, name: str) -> str:
    return f"arn:aws:{service}:{cloud.region}:{ACCOUNT}:{kind}:{name}"


_SET: dict[str, Callable[[Cloud, State, Tags], Any]] = {
    "aws:ec2/": lambda cloud, state, tags: cloud.client("ec2").create_tags(
        Resources=[state["id"]], Tags=_list(tags)
    ),
    "aws:vpc/": lambda cloud, state, tags: cloud.client("ec2").create_tags(
        Resources=[state["id"]], Tags=_list(tags)
    ),
    "aws:lb/": lambda cloud, state, tags: cloud.client("elbv2").add_tags(
        ResourceArns=[state["id"]], Tags=_list(tags)
    ),
    "aws:ecs/": lambda cloud, state, tags: cloud.client("ecs").tag_resource(
        resourceArn=state.get("arn", state["id"]), tags=_list(tags, "key", "value")
    ),
    "aws:iam/": lambda cloud, state, tags: cloud.client("iam").tag_role(
        RoleName=state["name"], Tags=_list(tags)
    ),
    "aws:secretsmanager/": lambda cloud, state, tags: cloud.client("secretsmanager").tag_resource(
        SecretId=state["id"], Tags=_list(tags)
    ),
    "aws:rds/instance": lambda cloud, state, tags: cloud.client("rds").add_tags_to_resource(
        ResourceName=_arn(cloud, "rds", "db", state["identifier"]), Tags=_list(tags)
    ),
    "aws:cloudwatch/logGroup": lambda cloud, state, tags: cloud.client("logs").tag_log_group(
        logGroupName=state["id"], tags=dict(tags)
    ),
    "aws:sns/": lambda cloud, state, tags: cloud.client("sns").tag_resource(
        ResourceArn=state["id"], Tags=_list(tags)
    ),
}


def put(cloud: Cloud, kind: str, state: State, tags: Tags) -> None:
    """Set a resource's tags; where moto has no such call, they are only kept (`kind.Forgotten`)."""
    for prefix, call in _SET.items():
        if kind.startswith(prefix):
            call(cloud, state, tags)
