"""EC2's part."""

from __future__ import annotations

from typing import Any

from aws.cloud import Cloud
from aws.rooms import READ

from .kind import Change, Delete, Kind, Read, State, pick

_RULE = {
    "securityGroupId": "GroupId",
    "ipProtocol": "IpProtocol",
    "fromPort": "FromPort",
    "toPort": "ToPort",
    "cidrIpv4": "CidrIpv4",
    "referencedSecurityGroupId": "ReferencedGroupInfo.GroupId",
}


def _as(operation: str, names: dict[str, str]) -> Read:
    return lambda cloud, state: pick(READ[operation](cloud, state), names)


def _delete(operation: str, name: str) -> Delete:
    def delete(cloud: Cloud, state: State) -> None:
        getattr(cloud.client("ec2"), operation)(**{name: state["id"]})

    return delete


def _vpc(cloud: Cloud, state: State) -> dict[str, Any]:
    ec2 = cloud.client("ec2")
    attributes = {
        name: ec2.describe_vpc_attribute(VpcId=state["id"], Attribute=name)[name[0].upper() + name[1:]][
            "Value"
        ]
        for name in ("enableDnsSupport", "enableDnsHostnames")
    }
    return {**pick(READ["CreateVpc"](cloud, state), {"cidrBlock": "CidrBlock"}), **attributes}


def _update_vpc(change: Change) -> None:
    for api, value in change.request(
        {"enableDnsSupport": "EnableDnsSupport", "enableDnsHostnames": "EnableDnsHostnames"}
    ).items():
        change.cloud.client("ec2").modify_vpc_attribute(VpcId=change.state["id"], **{api: {"Value": value}})


def _gateway(cloud: Cloud, state: State) -> dict[str, Any]:
    [found] = cloud.client("ec2").describe_internet_gateways(InternetGatewayIds=[state["id"]])[
        "InternetGateways"
    ]
    return {"vpcId": found["Attachments"][0]["VpcId"]}


def _delete_gateway(cloud: Cloud, state: State) -> None:
    cloud.client("ec2").detach_internet_gateway(InternetGatewayId=state["id"], VpcId=state["vpcId"])
    cloud.client("ec2").delete_internet_gateway(InternetGatewayId=state["id"])


def _route(cloud: Cloud, state: State) -> dict[str, Any]:
    table = READ["CreateRouteTable"](cloud, {"id": state["routeTableId"]})
    [found] = [
        each for each in table["Routes"] if each.get("DestinationCidrBlock") == state["destinationCidrBlock"]
    ]
    names = {
        "destinationCidrBlock": "DestinationCidrBlock", "gatewayId": "GatewayId", "natGatewayId": "NatGatewayId",
    }  # fmt: skip
    return {"routeTableId": state["routeTableId"], **pick(found, names)}


def _update_route(change: Change) -> None:
    to = change.request({"gatewayId": "GatewayId", "natGatewayId": "NatGatewayId"})
    change.cloud.client("ec2").replace_route(
        RouteTableId=change.new["routeTableId"],
        DestinationCidrBlock=change.new["destinationCidrBlock"], **to,
    )  # fmt: skip


def _delete_route(cloud: Cloud, state: State) -> None:
    cloud.client("ec2").delete_route(
        RouteTableId=state["routeTableId"], DestinationCidrBlock=state["destinationCidrBlock"]
    )


def _association(cloud: Cloud, state: State) -> dict[str, Any]:
    where = [{"Name": "association.route-table-association-id", "Values": [state["id"]]}]
    [table] = cloud.client("ec2").describe_route_tables(Filters=where)["RouteTables"]
    [found] = [each for each in table["Associations"] if each["RouteTableAssociationId"] == state["id"]]
    return pick(found, {"routeTableId": "RouteTableId", "subnetId": "SubnetId"})


def _address(cloud: Cloud, state: State) -> dict[str, Any]:
    [found] = cloud.client("ec2").describe_addresses(AllocationIds=[state["id"]])["Addresses"]
    return pick(found, {"domain": "Domain", "allocationId": "AllocationId"})


def _nat(cloud: Cloud, state: State) -> dict[str, Any] | None:
    found = READ["CreateNatGateway"](cloud, state)
    return (
        None
        if found["State"] == "deleted"
        else pick(found, {"allocationId": "AllocationId", "subnetId": "SubnetId"})
    )


def _rule(cloud: Cloud, state: State) -> dict[str, Any]:
    [found] = cloud.client("ec2").describe_security_group_rules(SecurityGroupRuleIds=[state["id"]])[
        "SecurityGroupRules"
    ]
    # All protocols have no ports, which the API says with -1.
    return {own: value for own, value in pick(found, _RULE).items() if own[-4:] != "Port" or value != -1}


def _update_rule(change: Change) -> None:
    names = {own: api.partition(".")[0] for own, api in _RULE.items() if own != "securityGroupId"}
    names["referencedSecurityGroupId"] = "ReferencedGroupId"
    rule = {api: change.new[own] for own, api in names.items() if own in change.new}
    change.cloud.client("ec2").modify_security_group_rules(
        GroupId=change.new["securityGroupId"],
        SecurityGroupRules=[{"SecurityGroupRuleId": change.state["id"], "SecurityGroupRule": rule}],
    )


def _delete_rule(operation: str) -> Delete:
    def delete(cloud: Cloud, state: State) -> None:
        call = getattr(cloud.client("ec2"), operation)
        call(GroupId=state["securityGroupId"], SecurityGroupRuleIds=[state["id"]])

    return delete


KINDS: dict[str, Kind] = {
    "aws:ec2/vpc:Vpc": Kind(_vpc, _delete("delete_vpc", "VpcId"), _update_vpc),
    "aws:ec2/internetGateway:InternetGateway": Kind(_gateway, _delete_gateway),
    "aws:ec2/subnet:Subnet": Kind(
        _as("CreateSubnet", {
            "vpcId": "VpcId", "availabilityZone": "AvailabilityZone", "cidrBlock": "CidrBlock",
            "mapPublicIpOnLaunch": "MapPublicIpOnLaunch",
        }),
        _delete("delete_subnet", "SubnetId"),
        lambda change: change.cloud.client("ec2").modify_subnet_attribute(
            SubnetId=change.state["id"], MapPublicIpOnLaunch={"Value": change.new["mapPublicIpOnLaunch"]}
        ),
    ),
    "aws:ec2/routeTable:RouteTable": Kind(
        _as("CreateRouteTable", {"vpcId": "VpcId"}), _delete("delete_route_table", "RouteTableId")
    ),
    "aws:ec2/route:Route": Kind(_route, _delete_route, _update_route),
    "aws:ec2/routeTableAssociation:RouteTableAssociation": Kind(
        _association, _delete("disassociate_route_table", "AssociationId")
    ),
    "aws:ec2/eip:Eip": Kind(_address, _delete("release_address", "AllocationId"), computed=("allocationId",)),
    "aws:ec2/natGateway:NatGateway": Kind(_nat, _delete("delete_nat_gateway", "NatGatewayId")),
    "aws:ec2/securityGroup:SecurityGroup": Kind(
        _as("CreateSecurityGroup", {"name": "GroupName", "description": "Description", "vpcId": "VpcId"}),
        _delete("delete_security_group", "GroupId"),
    ),
    "aws:vpc/securityGroupIngressRule:SecurityGroupIngressRule": Kind(
        _rule, _delete_rule("revoke_security_group_ingress"), _update_rule
    ),
    "aws:vpc/securityGroupEgressRule:SecurityGroupEgressRule": Kind(
        _rule, _delete_rule("revoke_security_group_egress"), _update_rule
    ),
}  # fmt: skip
