"""What only the ECS target has: the stack file's `agno-ha:ecs` section."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal

from pydantic import Field

from agno_ha.targets.ecs.settings_sections import Alarms, LoadBalancer, Logs, Network, Postgres, Redis
from agno_ha.topology.base import Between, Conflict, Matching, Section, Unprinted
from agno_ha.topology.units import HOUR, Duration, duration_text

_TAGS = 48

_TagName = Annotated[
    str,
    Matching(
        r"(?!aws:)[\w .:/=+@-]{1,128}",
        "must have names of tags",
        "Use up to 128 letters, digits and .:/=+-@_, not begun by aws:",
    ),
]
_Tag = Annotated[
    str,
    Matching(
        r"[\w .:/=+@-]{0,256}", "must be a tag of AWS", "Use up to 256 letters, digits, spaces and .:/=+-@_"
    ),
]


class EcsSettings(Section):
    """The ECS target's own settings; the topology is the same on every target."""

    region: Annotated[
        str,
        Matching(
            r"[a-z]{2}(-[a-z]+)+-[0-9]", "must be a region of AWS", "Write its name, such as eu-central-1"
        ),
    ]
    """The region; required, such as eu-central-1."""

    image: Annotated[
        Annotated[str, Matching(r"[^\s\x00-\x1f]+", "must be one word without spaces", "Remove the spaces")]
        | None,
        Unprinted(),
    ] = None
    """The app's image in a registry that Fargate can reach, best by digest; default null: `app.image`, which goes
    first. Needed for the default image and for `app.build`, once they are pushed (docs/ecs.md)."""

    architecture: Literal["X86_64", "ARM64"] = "X86_64"
    """Processor that the image is built for; default X86_64."""

    exec: bool = False
    """ECS Exec, a shell in running tasks for whoever IAM lets; default false. It needs a root that can be
    written, which the policies then find."""

    update_timeout: Annotated[Duration, Between(60, 6 * HOUR, duration_text)] = 1800.0
    """How long an `up` waits for a service to run the new version; default 30m."""

    tags: dict[_TagName, _Tag] = Field(default_factory=dict)
    """Further tags of everything; default none."""

    network: Network = Field(default_factory=Network)
    """The VPC: a new one, or an existing one by its ids."""

    load_balancer: LoadBalancer = Field(default_factory=LoadBalancer)
    """The Application Load Balancer."""

    postgres: Postgres = Field(default_factory=Postgres)
    """RDS."""

    redis: Redis = Field(default_factory=Redis)
    """ElastiCache."""

    logs: Logs = Field(default_factory=Logs)
    """CloudWatch logs."""

    alarms: Alarms = Field(default_factory=Alarms)
    """CloudWatch alarms and whom they tell."""

    def conflicts(self) -> Iterator[Conflict]:
        """The certificate, the topic and the subnets are where the load balancer is; tags are not too many."""
        if len(self.tags) > _TAGS:
            message = f"{len(self.tags)} of them: AWS takes 50, and two are ours"
            yield Conflict("tags", message, f"Name at most {_TAGS}")
        network = self.network
        if network.vpc_id is not None and not self.load_balancer.internal:
            yield from network.too_few("publicSubnetIds", network.public_subnet_ids)
        for key, arn, who, fix in (
            (
                "loadBalancer.certificateArn", self.load_balancer.certificate_arn,
                "a load balancer takes certificates", "Request or import the certificate",
            ),
            ("alarms.topicArn", self.alarms.topic_arn, "an alarm tells topics", "Name or make a topic"),
        ):  # fmt: skip
            if arn is not None and (where := arn.split(":")[3]) != self.region:
                message = f"in {where}, and {who} of its own region {self.region} only"
                yield Conflict(key, message, f"{fix} in {self.region}")
