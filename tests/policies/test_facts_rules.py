"""The rules on the facts: exact sets of findings for pass, fail, unknown and not applicable."""

from __future__ import annotations

from typing import Any

import pytest
from policies.stacks import FACTS, POOLED, UNKNOWN, Resource, facts, found

PASS: dict[str, dict[str, Any]] = {
    "defaults": {},
    "min equals max": {"min": 4},
    "dev may run one": {"environment": "dev", "min": 1, "max": 10, "connectionsNeeded": 140},
    "staging is like prod": {"environment": "staging", "min": 2},
    "at the ceiling": {"max": 50, "surge": 0, "workers": 0.1, "connectionsNeeded": 50},
    "budget used up": {"surge": 15, "connectionsNeeded": 190},
    "a scheduler on top of the instances": {"connectionsNeeded": 90},
    "one in the pool in dev": {"environment": "dev", "poolSize": 1},
    "pool at its bounds": {"poolSize": 20, "poolOverflow": 0, "connectionsNeeded": 160},
    "pooler": POOLED,
    "pooler with many clients": {**POOLED, "max": 40, "surge": 10},
}
FAIL: dict[str, tuple[dict[str, Any], set[tuple[str, str]]]] = {
    "one in prod": ({"min": 1}, {("SCALE-001", "min")}),
    "one in staging": ({"environment": "staging", "min": 1}, {("SCALE-001", "min")}),
    "none in dev": ({"environment": "dev", "min": 0}, {("SCALE-001", "min")}),
    "more than dev's ceiling": (
        {"environment": "dev", "max": 11, "connectionsNeeded": 150},
        {("SCALE-001", "max")},
    ),
    "above the ceiling": ({**POOLED, "max": 51, "surge": -5}, {("SCALE-001", "max")}),
    "min above max": ({"min": 5}, {("SCALE-001", "max")}),
    "an environment of its own keeps prod's floor": ({"environment": "qa", "min": 1}, {("SCALE-001", "min")}),
    "needs one too many": ({"connectionsNeeded": 191}, {("POOL-001", "connectionsNeeded")}),
    "needed is less than its parts": ({"connectionsNeeded": 79}, {("POOL-001", "connectionsNeeded")}),
    "a lie that hides an overrun": ({"workers": 3}, {("POOL-001", "connectionsNeeded")}),
    "usable is more than its parts": ({"connectionsUsable": 191}, {("POOL-001", "connectionsUsable")}),
    "pooler with too many servers": (
        {**POOLED, "poolerPoolSize": 191},
        {("POOL-004", "poolerPoolSize"), ("POOL-004", "connectionsNeeded")},
    ),
    "pooler with too few clients": (
        {**POOLED, "poolerMaxClientConnections": 79},
        {("POOL-004", "poolerMaxClientConnections")},
    ),
    "pooler whose needed is a lie": (
        {**POOLED, "connectionsNeeded": 49},
        {("POOL-004", "connectionsNeeded")},
    ),
    "pool of one": ({"poolSize": 1}, {("POOL-002", "poolSize")}),
    "no pool in dev": ({"environment": "dev", "poolSize": 0}, {("POOL-002", "poolSize")}),
    "large pool": ({"poolSize": 21, "surge": 0, "connectionsNeeded": 104}, {("POOL-002", "poolSize")}),
    "overflow without limit": ({"poolOverflow": -1}, {("POOL-002", "poolOverflow")}),
    "large overflow": (
        {"poolOverflow": 21, "surge": 0, "connectionsNeeded": 104},
        {("POOL-002", "poolOverflow")},
    ),
}
READ_BY = {
    "environment": ["SCALE-001"],
    "min": ["SCALE-001", "SCALE-002", "SCALE-003"],
    "max": ["SCALE-001", "SCALE-002", "SCALE-003", "POOL-001"],
    "surge": ["POOL-001"],
    "scaleCpu": ["SCALE-002"],
    "scaleMemory": ["SCALE-002"],
    "scaleRequests": ["SCALE-002"],
    "cooldownOut": ["SCALE-003"],
    "cooldownIn": ["SCALE-003"],
    "workers": ["POOL-001"],
    "poolSize": ["POOL-001", "POOL-002"],
    "poolOverflow": ["POOL-001", "POOL-002"],
    "poolTimeout": ["POOL-003"],
    "schedulerConnections": ["POOL-001"],
    "connectionsNeeded": ["POOL-001"],
    "connectionsUsable": ["POOL-001"],
    "maxConnections": ["POOL-001", "DB-002"],
    "reservedConnections": ["POOL-001", "POOL-005"],
    "pooler": ["POOL-001", "POOL-004"],
    "idleTimeout": ["POOL-003", "LB-001"],
    "longestSilence": ["LB-001"],
    "drainDelay": ["LB-002"],
    "drainTimeout": ["LB-002"],
    "drainGrace": ["LB-002"],
    "tls": ["LB-003"],
    "authentication": ["SEC-001"],
    "appMemory": ["OPS-001"],
    "appMemoryNeeded": ["OPS-001"],
    "postgresMemory": ["OPS-001", "DB-001", "DB-002"],
    "postgresMemoryNeeded": ["OPS-001"],
    "postgresMode": ["DB-003", "DB-005", "DB-006"],
    "sharedBuffers": ["DB-001", "DB-002"],
    "effectiveCacheSize": ["DB-001"],
    "workMem": ["DB-002"],
    "failover": ["DB-006"],
    "backupRetention": ["DB-003"],
    "protected": ["DB-004"],
    "redisMode": ["CACHE-002", "CACHE-003", "CACHE-004"],
    "redisMemory": ["OPS-001", "CACHE-001"],
    "redisMemoryNeeded": ["OPS-001"],
    "maxmemory": ["CACHE-001"],
    "maxmemoryPolicy": ["CACHE-002"],
    "appendonly": ["CACHE-001", "CACHE-003"],
}
WHERE_IT_MATTERS: dict[str, dict[str, Any]] = {
    "poolerPoolSize": POOLED,
    "poolerMaxClientConnections": POOLED,
    "poolerMode": POOLED,
    "postgresTls": {"postgresMode": "external"},
    "redisTls": {"redisMode": "external"},
    "redisFailover": {"appendonly": False},
}
READ_THERE = {"postgresTls": "DB-005", "redisTls": "CACHE-004", "redisFailover": "CACHE-003"}


@pytest.mark.parametrize("changes", PASS.values(), ids=PASS)
def test_pass(changes: dict[str, Any]) -> None:
    assert found(facts(**changes)) == set()


@pytest.mark.parametrize(("changes", "expected"), FAIL.values(), ids=FAIL)
def test_fail(changes: dict[str, Any], expected: set[tuple[str, str]]) -> None:
    assert found(facts(**changes)) == {(rule, "agno", path) for rule, path in expected}


@pytest.mark.parametrize("fact", READ_BY)
@pytest.mark.parametrize("how", ["unknown", "missing", "of another kind", "nan"])
def test_unreadable(fact: str, how: str) -> None:
    value = {"unknown": UNKNOWN, "of another kind": ["x"], "nan": float("nan")}.get(how)
    resource = facts(without=fact) if how == "missing" else facts(**{fact: value})
    assert found(resource) == {(f"{rule}?", "agno", fact) for rule in READ_BY[fact]}


@pytest.mark.parametrize("fact", WHERE_IT_MATTERS)
def test_unreadable_where_it_matters(fact: str) -> None:
    resource = facts(**{**WHERE_IT_MATTERS[fact], fact: UNKNOWN})
    assert found(resource) == {(f"{READ_THERE.get(fact, 'POOL-004')}?", "agno", fact)}


def test_every_fact_that_a_rule_reads_is_tested() -> None:
    unread = {"target", "autoscaled"}
    assert {*READ_BY, *WHERE_IT_MATTERS, *unread} == set(FACTS)


def test_one_unknown_switches_off_no_other_check() -> None:
    assert found(facts(min=UNKNOWN, max=60, poolSize=1, connectionsNeeded=500)) == {
        ("SCALE-001?", "agno", "min"),
        ("SCALE-002?", "agno", "min"),
        ("SCALE-003?", "agno", "min"),
        ("SCALE-001", "agno", "max"),
        ("POOL-001", "agno", "connectionsNeeded"),
        ("POOL-002", "agno", "poolSize"),
    }


def test_not_applicable() -> None:
    assert found(Resource("urn:x::a:b:C::n", "a:b:C", "n", "", {"min": 0, "poolSize": 0})) == set()
