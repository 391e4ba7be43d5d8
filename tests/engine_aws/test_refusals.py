"""What holds data is not given up outside dev."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import yaml

from .account import Account

EXTERNAL = {"mode": "external", "password": "given", "external": {"host": "db.example.com"}}
REFUSED: dict[str, dict[str, Any]] = {
    "another database, which RDS makes anew": {"postgres": {"database": "other"}},
    "another user, which RDS makes anew": {"postgres": {"user": "other"}},
    "a key that clients have": {"app": {"authentication": "none"}},
    "another load balancer, with another name": {"ecs": {"loadBalancer": {"internal": True}}},
}


def test_destroy_is_refused_and_deletes_nothing(account: Account) -> None:
    before = account.left()
    said = account.pulumi.run("destroy", "--yes", code=None)
    assert said.returncode != 0
    assert "protected" in said.stdout + said.stderr
    assert account.left() == before


def test_a_change_that_loses_data_is_refused_in_the_preview(account: Account) -> None:
    def refused(change: dict[str, Any]) -> str:
        path = account.variant(change)
        said = account.pulumi.run("preview", "--config-file", str(path), code=None)
        return "" if said.returncode == 0 else said.stdout + said.stderr

    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(REFUSED, pool.map(refused, REFUSED.values()), strict=True))
    refusals = ("it is protected", "marked for protection")
    taken = [name for name, said in found.items() if not any(text in said for text in refusals)]
    assert not taken, yaml.dump({name: found[name] for name in taken})
