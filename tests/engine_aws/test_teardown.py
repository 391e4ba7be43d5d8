"""The end of the tier's stack: `down` leaves the data, only dev gives it up, and then nothing is left."""

from __future__ import annotations

from .account import Account


def test_dev_can_be_destroyed_and_leaves_nothing(account: Account) -> None:
    account.change({"environment": "dev"})
    account.pulumi.run("up", "--yes", "--skip-preview")
    everything = account.left()
    account.pulumi.agno_ha("down")
    left = account.left()
    # What holds data is among what it can't be without; the rest is gone.
    kept = ("DBInstances", "DBSubnetGroups", "DBParameterGroups", "Vpcs")
    assert {kind: left.get(kind) for kind in kept} == {kind: everything[kind] for kind in kept}
    assert left["Subnets"] == everything["Subnets"] // 2  # the private ones
    assert len(account.client("elasticache").describe_replication_groups()["ReplicationGroups"]) == 1
    assert not left.keys() & {
        "clusters",
        "LoadBalancers",
        "TargetGroups",
        "NatGateways",
        "SecretList",
        "Roles",
    }
    account.pulumi.run("destroy", "--yes", "--skip-preview")
    assert account.left() == {}
