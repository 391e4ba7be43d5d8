"""Each kind of setting changed alone touches exactly what it should; all at once they can be brought up."""

from __future__ import annotations

import json

from agno_ha.configuration import deep_merge
from harness.settings import unexpected

from .account import Account
from .settings import CASES, TOGETHER


def test_each_setting_touches_exactly_its_resources(account: Account) -> None:
    wrong = unexpected(account, CASES)
    assert not wrong, json.dumps(wrong, indent=2)


def test_other_tags_are_set_in_place(account: Account) -> None:
    touched = account.preview({"ecs": {"tags": {"team": "agents"}}})
    assert set(touched.values()) == {"update"}
    assert len(touched) > 60


def test_all_of_them_at_once_are_brought_up_and_leave_nothing_to_do(account: Account) -> None:
    database, change = account.database(), {}
    for case in CASES:
        if case.path in TOGETHER:
            change = deep_merge(change, case.change)
    account.change({**change, "ecs": deep_merge(change["ecs"], {"tags": {"team": "agents"}})})
    account.pulumi.run("up", "--yes", "--skip-preview")
    account.pulumi.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    assert account.preview({}) == {}
    now = account.database()
    assert now["DbiResourceId"] == database["DbiResourceId"]
    assert (now["AllocatedStorage"], now["MultiAZ"], now["EngineVersion"]) == (70, False, "18")
    assert account.left()["NatGateways"] == 1
