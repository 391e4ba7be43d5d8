"""The end of the tier's stack: only dev gives up its data, and then nothing is left."""

from __future__ import annotations

from .account import Account


def test_dev_can_be_destroyed_and_leaves_nothing(account: Account) -> None:
    account.change({"environment": "dev"})
    account.pulumi.run("up", "--yes", "--skip-preview")
    account.pulumi.run("destroy", "--yes", "--skip-preview")
    assert account.left() == {}
