"""What `down` takes and what it leaves, by a state of each target."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest
from agno_ha.operations.automation import without_data

STATES: dict[str, tuple[dict[str, str], set[str]]] = {
    # type of a resource → those it depends on, by the last part of their types; and what goes
    "docker": (
        {
            "docker:index/network:Network": "", "random:index/randomPassword:RandomPassword": "",
            "docker:index/secret:Secret": "RandomPassword", "docker:index/volume:Volume": "",
            "docker:index/service:Service": "Network Secret Volume",
        },
        {"Network", "Secret", "Service"},
    ),
    "kubernetes": (
        {
            "kubernetes:core/v1:Namespace": "", "random:index/randomPassword:RandomPassword": "",
            "kubernetes:core/v1:Secret": "Namespace RandomPassword",
            "kubernetes:core/v1:PersistentVolumeClaim": "Namespace",
            "kubernetes:apps/v1:StatefulSet": "PersistentVolumeClaim Secret",
        },
        {"Secret", "StatefulSet"},
    ),
    "cloudnativepg": (
        {
            "kubernetes:core/v1:Namespace": "", "kubernetes:core/v1:ServiceAccount": "Namespace",
            "kubernetes:postgresql.cnpg.io/v1:Cluster": "ServiceAccount",
            "kubernetes:apps/v1:Deployment": "Namespace ServiceAccount Cluster",
        },
        {"Deployment"},
    ),
    "ecs": (
        {
            "aws:ec2/vpc:Vpc": "", "aws:ec2/subnet:Subnet": "Vpc", "aws:ec2/natGateway:NatGateway": "Subnet",
            "aws:ec2/securityGroup:SecurityGroup": "Vpc", "aws:rds/subnetGroup:SubnetGroup": "Subnet",
            "aws:rds/instance:Instance": "SubnetGroup SecurityGroup",
            "aws:elasticache/replicationGroup:ReplicationGroup": "SecurityGroup",
            "aws:ecs/service:Service": "Instance ReplicationGroup Subnet",
        },
        {"NatGateway", "Service"},
    ),
}  # fmt: skip


def short(kind: str) -> str:
    return kind.rpartition(":")[2]


def state(resources: Mapping[str, str]) -> list[dict[str, Any]]:
    made: list[dict[str, Any]] = [
        {"urn": "stack", "type": "pulumi:pulumi:Stack"},
        {"urn": "service", "type": "agno-ha:index:AgnoService"},
        {"urn": "provider", "type": "pulumi:providers:any", "custom": True},
    ]
    return made + [
        {"urn": short(kind), "type": kind, "custom": True, "parent": "service", "dependencies": needs.split()}
        for kind, needs in resources.items()
    ]


@pytest.mark.parametrize("target", STATES)
def test_all_but_the_data_and_what_it_needs_goes(target: str) -> None:
    resources, goes = STATES[target]
    assert {entry["urn"] for entry in without_data(state(resources))} == goes
