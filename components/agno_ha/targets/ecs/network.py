"""The VPC, new or existing: public subnets for the load balancer, private ones for everything else."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from dataclasses import dataclass

import pulumi
import pulumi_aws as aws

from agno_ha.targets.ecs.scope import Scope
from agno_ha.targets.ecs.settings_sections import ZONES

_SUBNET_BITS = 4
"""A subnet is a sixteenth of the VPC: three zones take six of them, the rest is the user's to add."""
_PUBLIC, _PRIVATE = 0, 8
"""Which sixteenth is zone a's; that of b is the next. A zone that comes or goes moves no other one's addresses
(whether RDS and ElastiCache let one go: docs/ecs.md, Limits)."""


@dataclass(frozen=True)
class Network:
    """Where everything is placed."""

    vpc: pulumi.Input[str]
    public: Sequence[pulumi.Input[str]]
    private: Sequence[pulumi.Input[str]]
    ways_in: Sequence[pulumi.Resource]
    """What AWS wants before it makes a load balancer that the internet reaches."""
    ways_out: Sequence[pulumi.Resource]
    """What instances need before they can pull their image."""


def create(scope: Scope) -> Network:
    """Create the VPC, or name the existing one."""
    settings = scope.settings.network
    if settings.vpc_id is not None:
        return Network(settings.vpc_id, settings.public_subnet_ids, settings.private_subnet_ids, [], [])
    vpc = aws.ec2.Vpc(
        f"{scope.name}-vpc",
        cidr_block=settings.cidr,
        enable_dns_support=True,
        enable_dns_hostnames=True,
        tags=scope.tags("vpc"),
        opts=scope.options(),
    )
    gateway = aws.ec2.InternetGateway(
        f"{scope.name}-internet", vpc_id=vpc.id, tags=scope.tags("internet"), opts=scope.options()
    )
    public = _Tier(scope, vpc, "public", _PUBLIC)
    table = _table(scope, vpc, "public")
    ways_in: list[pulumi.Resource] = [_route(scope, "public", table, gateway_id=gateway.id)]
    for zone, subnet in public.subnets.items():
        ways_in.append(_associate(scope, f"public-{zone}", subnet, table))

    zones = settings.zones if settings.nat == "perZone" else settings.zones[:1]
    exits = {zone: _nat(scope, zone, public.subnets[zone], gateway) for zone in zones}
    private = _Tier(scope, vpc, "private", _PRIVATE)
    routes: list[pulumi.Resource] = []
    for zone, subnet in private.subnets.items():
        own = _table(scope, vpc, f"private-{zone}")
        nat = exits.get(zone) or exits[zones[0]]
        routes.append(_route(scope, f"private-{zone}", own, nat_gateway_id=nat.id))
        routes.append(_associate(scope, f"private-{zone}", subnet, own))
    return Network(
        vpc.id,
        [subnet.id for subnet in public.subnets.values()],
        [subnet.id for subnet in private.subnets.values()],
        ways_in,
        [*ways_in, *routes],  # a NAT gateway leads nowhere without the public ones
    )


class _Tier:
    """One subnet in each zone."""

    def __init__(self, scope: Scope, vpc: aws.ec2.Vpc, kind: str, first: int) -> None:
        settings = scope.settings.network
        ranges = list(ipaddress.IPv4Network(settings.cidr).subnets(_SUBNET_BITS))
        self.subnets = {
            zone: aws.ec2.Subnet(
                f"{scope.name}-{kind}-{zone}",
                vpc_id=vpc.id,
                availability_zone=f"{scope.settings.region}{zone}",
                cidr_block=str(ranges[first + ZONES.index(zone)]),
                # Load balancers and NAT gateways bring their own addresses; nothing else belongs there.
                map_public_ip_on_launch=False,
                tags=scope.tags(f"{kind}-{zone}"),
                opts=scope.options(),
            )
            for zone in settings.zones
        }


def _nat(
    scope: Scope, zone: str, subnet: aws.ec2.Subnet, gateway: aws.ec2.InternetGateway
) -> aws.ec2.NatGateway:
    address = aws.ec2.Eip(
        f"{scope.name}-nat-{zone}",
        domain="vpc",
        tags=scope.tags(f"nat-{zone}"),
        opts=scope.options(depends_on=[gateway]),
    )
    return aws.ec2.NatGateway(
        f"{scope.name}-nat-{zone}",
        allocation_id=address.allocation_id,
        subnet_id=subnet.id,
        tags=scope.tags(f"nat-{zone}"),
        opts=scope.options(depends_on=[gateway]),
    )


def _table(scope: Scope, vpc: aws.ec2.Vpc, room: str) -> aws.ec2.RouteTable:
    return aws.ec2.RouteTable(
        f"{scope.name}-{room}", vpc_id=vpc.id, tags=scope.tags(room), opts=scope.options()
    )


def _route(scope: Scope, room: str, table: aws.ec2.RouteTable, **to: pulumi.Input[str]) -> aws.ec2.Route:
    return aws.ec2.Route(
        f"{scope.name}-{room}",
        route_table_id=table.id,
        destination_cidr_block="0.0.0.0/0",
        opts=scope.options(),
        **to,
    )


def _associate(
    scope: Scope, room: str, subnet: aws.ec2.Subnet, table: aws.ec2.RouteTable
) -> aws.ec2.RouteTableAssociation:
    return aws.ec2.RouteTableAssociation(
        f"{scope.name}-{room}", subnet_id=subnet.id, route_table_id=table.id, opts=scope.options()
    )
