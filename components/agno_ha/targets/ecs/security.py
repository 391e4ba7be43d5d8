"""Security groups that refer to each other: only the load balancer is open, and only to those that may connect."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from agno_ha.targets.ecs.network import Network
from agno_ha.targets.ecs.scope import Scope

POSTGRES_PORT = 5432
REDIS_PORT = 6379


@dataclass(frozen=True)
class Groups:
    """One group a room; None where the room is not ours."""

    load_balancer: aws.ec2.SecurityGroup
    app: aws.ec2.SecurityGroup
    postgres: aws.ec2.SecurityGroup | None
    proxy: aws.ec2.SecurityGroup | None
    redis: aws.ec2.SecurityGroup | None
    rules: Sequence[pulumi.Resource]
    """What instances need before they reach anything, or anybody them."""


def create(scope: Scope, network: Network, *, ports: list[int]) -> Groups:
    """Create the groups and their rules.

    Args:
        scope: where they belong.
        network: the VPC.
        ports: the load balancer's.
    """
    topology, settings = scope.topology, scope.settings
    # Another VPC wants another group of everything, and AWS deletes none that is in use. Refused in the preview by this
    # one, before half of it is made.
    balancer = _group(scope, network, "load-balancer", "Clients of the load balancer", protect=scope.protect)
    app = _group(scope, network, "app", "Instances, reached by the load balancer alone")
    for port in ports:
        for index, source in enumerate(settings.load_balancer.allow_from):
            # Named by its range: by its place it would become its neighbour's, which AWS refuses as given twice.
            earlier = pulumi.Alias(name=f"{scope.name}-load-balancer-{port}-{index}")
            aws.vpc.SecurityGroupIngressRule(
                f"{scope.name}-load-balancer-{port}-{source.replace('/', '-')}",
                security_group_id=balancer.id,
                ip_protocol="tcp",
                from_port=port,
                to_port=port,
                cidr_ipv4=source,
                tags=scope.tags(f"load-balancer-{port}"),
                opts=pulumi.ResourceOptions.merge(scope.options(), pulumi.ResourceOptions(aliases=[earlier])),
            )
    rules = _between(scope, "load-balancer-app", balancer, app, topology.app.port)
    # Models, registries and AWS's own services have no fixed addresses.
    rules.append(
        aws.vpc.SecurityGroupEgressRule(
            f"{scope.name}-app-out",
            security_group_id=app.id,
            ip_protocol="-1",
            cidr_ipv4="0.0.0.0/0",
            tags=scope.tags("app-out"),
            opts=scope.options(),
        )
    )
    postgres = proxy = redis = None
    if topology.postgres.mode == "managed":
        postgres = _group(scope, network, "postgres", "Postgres, reached from inside alone")
        if topology.postgres.pooler.enabled:
            proxy = _group(scope, network, "proxy", "RDS Proxy, reached by the instances alone")
            rules.append(_admit(scope, "app-proxy", app, proxy, POSTGRES_PORT))
            rules += _between(scope, "proxy-postgres", proxy, postgres, POSTGRES_PORT)
        else:
            rules.append(_admit(scope, "app-postgres", app, postgres, POSTGRES_PORT))
    if topology.redis.mode == "managed":
        redis = _group(scope, network, "redis", "Redis, reached by the instances alone")
        rules.append(_admit(scope, "app-redis", app, redis, REDIS_PORT))
    return Groups(balancer, app, postgres, proxy, redis, rules)


def _group(
    scope: Scope, network: Network, room: str, description: str, *, protect: bool = False
) -> aws.ec2.SecurityGroup:
    # Without rules of its own: those stand apart, so that groups can refer to each other.
    return aws.ec2.SecurityGroup(
        f"{scope.name}-{room}",
        name=scope.physical(room, 255),
        description=description,
        vpc_id=network.vpc,
        tags=scope.tags(room),
        opts=scope.options(protect=protect),
    )


def _admit(
    scope: Scope, room: str, source: aws.ec2.SecurityGroup, target: aws.ec2.SecurityGroup, port: int
) -> pulumi.Resource:
    rule: pulumi.Resource = aws.vpc.SecurityGroupIngressRule(
        f"{scope.name}-{room}", security_group_id=target.id, **_tcp(source.id, port), tags=scope.tags(room),
        opts=scope.options(),
    )  # fmt: skip
    return rule


def _between(
    scope: Scope, room: str, source: aws.ec2.SecurityGroup, target: aws.ec2.SecurityGroup, port: int
) -> list[pulumi.Resource]:
    """Let one group out to another and into it: neither has another way out."""
    out = aws.vpc.SecurityGroupEgressRule(
        f"{scope.name}-{room}", security_group_id=source.id, **_tcp(target.id, port), tags=scope.tags(room),
        opts=scope.options(),
    )  # fmt: skip
    return [_admit(scope, room, source, target, port), out]


def _tcp(other: pulumi.Output[str], port: int) -> dict[str, pulumi.Input[str] | pulumi.Input[int]]:
    return {
        "ip_protocol": "tcp",
        "from_port": port,
        "to_port": port,
        "referenced_security_group_id": other,
    }
