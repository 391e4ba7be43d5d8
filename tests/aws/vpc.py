"""EC2's part: networks and security groups."""

from __future__ import annotations

from typing import Any

from .cloud import Cloud, Create, Inputs, Outputs, Read


def _tagged(inputs: Inputs, kind: str) -> dict[str, Any]:
    return {"TagSpecifications": [{"ResourceType": kind, "Tags": inputs.tags()}]}


def _vpc(cloud: Cloud, inputs: Inputs) -> Outputs:
    ec2 = cloud.client("ec2")
    made = ec2.create_vpc(**inputs.request(cidrBlock="CidrBlock"), **_tagged(inputs, "vpc"))["Vpc"]["VpcId"]
    for name, attribute in (
        ("enableDnsSupport", "EnableDnsSupport"),
        ("enableDnsHostnames", "EnableDnsHostnames"),
    ):
        ec2.modify_vpc_attribute(VpcId=made, **{attribute: {"Value": inputs.take(name)}})
    return {"id": made}


def _internet_gateway(cloud: Cloud, inputs: Inputs) -> Outputs:
    ec2 = cloud.client("ec2")
    made = ec2.create_internet_gateway(**_tagged(inputs, "internet-gateway"))
    gateway = made["InternetGateway"]["InternetGatewayId"]
    ec2.attach_internet_gateway(InternetGatewayId=gateway, VpcId=inputs.take("vpcId"))
    return {"id": gateway}


def _subnet(cloud: Cloud, inputs: Inputs) -> Outputs:
    ec2 = cloud.client("ec2")
    request = inputs.request(vpcId="VpcId", availabilityZone="AvailabilityZone", cidrBlock="CidrBlock")
    made = ec2.create_subnet(**request, **_tagged(inputs, "subnet"))["Subnet"]["SubnetId"]
    public = inputs.take("mapPublicIpOnLaunch")
    ec2.modify_subnet_attribute(SubnetId=made, MapPublicIpOnLaunch={"Value": public})
    return {"id": made}


def _route_table(cloud: Cloud, inputs: Inputs) -> Outputs:
    request = inputs.request(vpcId="VpcId")
    made = cloud.client("ec2").create_route_table(**request, **_tagged(inputs, "route-table"))
    return {"id": made["RouteTable"]["RouteTableId"]}


def _route(cloud: Cloud, inputs: Inputs) -> Outputs:
    request = inputs.request(
        routeTableId="RouteTableId", destinationCidrBlock="DestinationCidrBlock", gatewayId="GatewayId",
        natGatewayId="NatGatewayId",
    )  # fmt: skip
    cloud.client("ec2").create_route(**request)
    return {"id": f"r-{request['RouteTableId']}"}


def _association(cloud: Cloud, inputs: Inputs) -> Outputs:
    request = inputs.request(routeTableId="RouteTableId", subnetId="SubnetId")
    return {"id": cloud.client("ec2").associate_route_table(**request)["AssociationId"]}


def _eip(cloud: Cloud, inputs: Inputs) -> Outputs:
    made = cloud.client("ec2").allocate_address(
        **inputs.request(domain="Domain"), **_tagged(inputs, "elastic-ip")
    )
    return {"id": made["AllocationId"], "allocationId": made["AllocationId"]}


def _nat(cloud: Cloud, inputs: Inputs) -> Outputs:
    request = inputs.request(allocationId="AllocationId", subnetId="SubnetId")
    made = cloud.client("ec2").create_nat_gateway(**request, **_tagged(inputs, "natgateway"))
    return {"id": made["NatGateway"]["NatGatewayId"]}


def _security_group(cloud: Cloud, inputs: Inputs) -> Outputs:
    ec2 = cloud.client("ec2")
    request = inputs.request(name="GroupName", description="Description", vpcId="VpcId")
    made = ec2.create_security_group(**request, **_tagged(inputs, "security-group"))["GroupId"]
    # The provider takes AWS's own rule away: all out.
    [group] = ec2.describe_security_groups(GroupIds=[made])["SecurityGroups"]
    ec2.revoke_security_group_egress(GroupId=made, IpPermissions=group["IpPermissionsEgress"])
    return {"id": made}


def _rule(operation: str) -> Create:
    def create(cloud: Cloud, inputs: Inputs) -> Outputs:
        group = inputs.take("securityGroupId")
        permission = inputs.request(ipProtocol="IpProtocol", fromPort="FromPort", toPort="ToPort")
        source, cidr = inputs.take("referencedSecurityGroupId"), inputs.take("cidrIpv4")
        if source:
            permission["UserIdGroupPairs"] = [{"GroupId": source}]
        if cidr:
            permission["IpRanges"] = [{"CidrIp": cidr}]
        call = getattr(cloud.client("ec2"), operation)
        made = call(GroupId=group, IpPermissions=[permission], **_tagged(inputs, "security-group-rule"))
        return {"id": made["SecurityGroupRules"][0]["SecurityGroupRuleId"]}

    return create


def existing(ec2: Any, region: str) -> dict[str, Any]:
    """Make a VPC as somebody else's, with subnets in two zones; `network` of a stack that uses it."""
    vpc = ec2.create_vpc(CidrBlock="10.1.0.0/16")["Vpc"]["VpcId"]
    subnets = [
        ec2.create_subnet(VpcId=vpc, CidrBlock=f"10.1.{n}.0/24", AvailabilityZone=f"{region}{'ab'[n % 2]}")
        for n in range(4)
    ]
    ids = [each["Subnet"]["SubnetId"] for each in subnets]
    return {"vpcId": vpc, "privateSubnetIds": ids[:2], "publicSubnetIds": ids[2:]}


CREATE: dict[str, Create] = {
    "aws:ec2/vpc:Vpc": _vpc,
    "aws:ec2/internetGateway:InternetGateway": _internet_gateway,
    "aws:ec2/subnet:Subnet": _subnet,
    "aws:ec2/routeTable:RouteTable": _route_table,
    "aws:ec2/route:Route": _route,
    "aws:ec2/routeTableAssociation:RouteTableAssociation": _association,
    "aws:ec2/eip:Eip": _eip,
    "aws:ec2/natGateway:NatGateway": _nat,
    "aws:ec2/securityGroup:SecurityGroup": _security_group,
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": _rule("authorize_security_group_ingress"),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": _rule("authorize_security_group_egress"),
}


def _attributes(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    read = cloud.client("ec2").describe_vpc_attribute
    names = {"enableDnsSupport": "EnableDnsSupport", "enableDnsHostnames": "EnableDnsHostnames"}
    found = {api: read(VpcId=made["id"], Attribute=name)[api] for name, api in names.items()}
    return {"VpcId": made["id"], **found}


def _subnet_attributes(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    [found] = cloud.client("ec2").describe_subnets(SubnetIds=[made["id"]])["Subnets"]
    return {"SubnetId": made["id"], "MapPublicIpOnLaunch": {"Value": found["MapPublicIpOnLaunch"]}}


def _attachment(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    found = _gateway(cloud, made)
    return {**found, "VpcId": found["Attachments"][0]["VpcId"]}


def _gateway(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    found: dict[str, Any] = cloud.client("ec2").describe_internet_gateways(InternetGatewayIds=[made["id"]])[
        "InternetGateways"
    ][0]
    return found


def _read_route(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    table = made["id"].removeprefix("r-")
    [found] = cloud.client("ec2").describe_route_tables(RouteTableIds=[table])["RouteTables"]
    [route] = [each for each in found["Routes"] if each["DestinationCidrBlock"] == "0.0.0.0/0"]
    return {"RouteTableId": table, **route}


def _read_association(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    tables = cloud.client("ec2").describe_route_tables()["RouteTables"]
    every = [each for table in tables for each in table["Associations"]]
    found: dict[str, Any] = next(each for each in every if each["RouteTableAssociationId"] == made["id"])
    return found


def _read_rule(cloud: Cloud, made: Outputs) -> dict[str, Any]:
    [found] = cloud.client("ec2").describe_security_group_rules(SecurityGroupRuleIds=[made["id"]])[
        "SecurityGroupRules"
    ]
    permission = {
        **found,
        "UserIdGroupPairs": [found.get("ReferencedGroupInfo")],
        "IpRanges": [{"CidrIp": found.get("CidrIpv4")}],
    }
    return {"GroupId": found["GroupId"], "IsEgress": found["IsEgress"], "IpPermissions": [permission]}


def _direction(*, egress: bool) -> Read:
    def read(cloud: Cloud, made: Outputs) -> dict[str, Any]:
        found = _read_rule(cloud, made)
        return found if found["IsEgress"] is egress else {}

    return read


READ: dict[str, Read] = {
    "CreateVpc": lambda cloud, made: cloud.client("ec2").describe_vpcs(VpcIds=[made["id"]])["Vpcs"][0],
    "CreateSubnet": lambda cloud, made: cloud.client("ec2").describe_subnets(SubnetIds=[made["id"]])[
        "Subnets"
    ][0],
    "CreateRouteTable": lambda cloud, made: cloud.client("ec2").describe_route_tables(
        RouteTableIds=[made["id"]]
    )["RouteTables"][0],
    "CreateNatGateway": lambda cloud, made: _flat(
        cloud.client("ec2").describe_nat_gateways(NatGatewayIds=[made["id"]])["NatGateways"][0]
    ),
    "ModifyVpcAttribute": _attributes,
    "ModifySubnetAttribute": _subnet_attributes,
    "CreateInternetGateway": _gateway,
    "AttachInternetGateway": _attachment,
    "CreateRoute": _read_route,
    "AssociateRouteTable": _read_association,
    "AllocateAddress": lambda cloud, made: cloud.client("ec2").describe_addresses(AllocationIds=[made["id"]])[
        "Addresses"
    ][0],
    "AuthorizeSecurityGroupIngress": _direction(egress=False),
    "AuthorizeSecurityGroupEgress": _direction(egress=True),
    "CreateSecurityGroup": lambda cloud, made: cloud.client("ec2").describe_security_groups(
        GroupIds=[made["id"]]
    )["SecurityGroups"][0],
}
"""Operation → the object as the API gives it back, under the names of the request."""


def _flat(gateway: dict[str, Any]) -> dict[str, Any]:
    return {**gateway, "AllocationId": gateway["NatGatewayAddresses"][0]["AllocationId"]}
