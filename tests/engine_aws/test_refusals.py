"""What holds data is not given up outside dev."""

from __future__ import annotations

from typing import Any

import yaml
from harness.settings import not_refused

from .account import Account
from .settings import ELSEWHERE

EXTERNAL = {"mode": "external", "password": "given", "external": {"host": "db.example.com"}}
REFUSED: dict[str, dict[str, Any]] = {
    "another database, which RDS makes anew": {"postgres": {"database": "other"}},
    "another user, which RDS makes anew": {"postgres": {"user": "other"}},
    "an older Redis, which ElastiCache makes anew": {"redis": {"version": 6}},
    "a key that clients have": {"app": {"authentication": "none"}},
    "another VPC, which AWS would do half of": ELSEWHERE,
    "another load balancer, with another name": {"ecs": {"loadBalancer": {"internal": True}}},
}


def test_destroy_is_refused_and_deletes_nothing(account: Account) -> None:
    before = account.left()
    said = account.pulumi.run("destroy", "--yes", code=None)
    assert said.returncode != 0
    assert "protected" in said.stdout + said.stderr
    assert account.left() == before


def test_a_change_that_loses_data_is_refused_in_the_preview(account: Account) -> None:
    taken = not_refused(account, REFUSED)
    assert not taken, yaml.dump(taken)
