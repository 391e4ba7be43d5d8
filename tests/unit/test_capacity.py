from __future__ import annotations

from typing import Any

import pytest
from agno_ha.capacity import Capacity, assess
from agno_ha.configuration import deep_merge
from agno_ha.memory import DEMO_MODEL
from agno_ha.topology import Topology
from hypothesis import assume, given
from hypothesis import strategies as st

# What grows with scaling.max; a container of another kind that is too small is not cured by fewer instances.
GROWING = {"topology.scaling.max", "topology.postgres.memory"}

SIZES = st.fixed_dictionaries(
    {
        "workers": st.integers(1, 8),
        "size": st.integers(1, 40),
        "overflow": st.integers(1, 40),
        "max_connections": st.integers(50, 10_000),
        "memory": st.integers(1, 64),
        "scheduler": st.booleans(),
        "pooler": st.sampled_from([None, "session", "transaction"]),
    }
)


def topology(maximum: int, sizes: dict[str, Any]) -> Topology:
    return Topology.model_validate(
        {
            "app": {
                "workers": sizes["workers"],
                "memory": "2GiB",
                "scheduler": {"enabled": sizes["scheduler"]},
            },
            "scaling": {"min": 1, "max": maximum},
            "postgres": {
                "maxConnections": sizes["max_connections"],
                "memory": f"{sizes['memory']}GiB",
                "pool": {"size": sizes["size"], "overflow": sizes["overflow"]},
                "pooler": {
                    "enabled": sizes["pooler"] is not None,
                    "mode": sizes["pooler"] or "transaction",
                    "poolSize": 20,
                    "maxClientConnections": 1000,
                },
            },
        }
    )


def at_max(maximum: int, sizes: dict[str, Any], surge: int | None = None) -> Capacity:
    return assess(topology(maximum, sizes), surge=maximum if surge is None else surge, target="docker")


def holds(capacity: Capacity) -> bool:
    return not any(problem.path in GROWING for problem in capacity.problems())


@given(SIZES, st.integers(1, 1000))
def test_the_largest_safe_max_is_the_last_that_holds(sizes: dict[str, Any], maximum: int) -> None:
    largest = at_max(maximum, sizes).largest_safe_max
    if largest:
        assert holds(at_max(largest, sizes))
        assert holds(at_max(1, sizes))
    if largest < 1000:
        assert not holds(at_max(largest + 1, sizes))


@given(SIZES, st.integers(1, 1000))
def test_the_largest_safe_max_is_that_of_any_max(sizes: dict[str, Any], maximum: int) -> None:
    assert at_max(maximum, sizes).largest_safe_max == at_max(1, sizes).largest_safe_max


@given(
    SIZES, st.integers(1, 999), st.sampled_from(["max", "surge", "workers", "size", "overflow", "scheduler"])
)
def test_more_of_anything_needs_no_less(sizes: dict[str, Any], maximum: int, what: str) -> None:
    before = at_max(maximum, sizes, surge=maximum)
    if what in ("max", "surge"):
        after = at_max(maximum + (what == "max"), sizes, surge=maximum + (what == "surge"))
    else:
        assume(sizes[what] is not True)
        after = at_max(
            maximum, {**sizes, what: sizes[what] + 1 if what != "scheduler" else True}, surge=maximum
        )
    assert after.clients > before.clients
    assert after.connections_needed >= before.connections_needed
    if what not in ("max", "surge"):
        assert after.largest_safe_max <= before.largest_safe_max


@given(SIZES, st.integers(1, 1000), st.integers(0, 1000))
def test_the_breakdown_is_the_prediction(sizes: dict[str, Any], maximum: int, surge: int) -> None:
    capacity = at_max(maximum, sizes, surge)
    each = sizes["workers"] * (sizes["size"] + sizes["overflow"])
    picture = capacity.connections(maximum, surge)
    assert picture["web"] == maximum * each
    assert picture["rolling"] == surge * each
    assert picture["scheduler"] == (sizes["size"] + sizes["overflow"] if sizes["scheduler"] else 0)
    assert capacity.clients == sum(picture.values())
    assert capacity.connections_needed == (min(capacity.clients, 20) if sizes["pooler"] else capacity.clients)


def test_the_default_topology_fits() -> None:
    capacity = assess(Topology(), surge=4, target="docker")
    assert capacity.problems() == []
    assert (capacity.connections_needed, capacity.connections_usable) == (80, 190)
    assert (capacity.largest_safe_max, capacity.fits) == (9, True)
    assert [entry.path for entry in capacity.memory if entry.needed > entry.limit] == []


@pytest.mark.parametrize(
    ("target", "size", "largest"), [("docker", 96, 95), ("kubernetes", 96, 95), ("ecs", 191, 190)]
)
def test_pgbouncer_is_replaced_by_a_second_one_and_rds_proxy_is_not(
    target: str, size: int, largest: int
) -> None:
    def with_pooler(size: int) -> Capacity:
        postgres = {"pooler": {"enabled": True, "poolSize": size}}
        return assess(Topology.model_validate({"postgres": postgres}), surge=4, target=target)

    [problem] = with_pooler(size).problems()
    assert (problem.path, problem.value) == ("topology.postgres.pooler.poolSize", str(size))
    assert problem.fix == f"Lower it to {largest}, or raise maxConnections"
    assert ("while it is replaced" in problem.message) is (target != "ecs")
    assert with_pooler(largest).problems() == []
    # Memory for both, where there are two; never for more than the server admits.
    memory = {entry.path: entry.needed for entry in with_pooler(50).memory}["postgres.memory"]
    assert memory == (128 + 48 + (60 if target == "ecs" else 110) * 4) * 1024**2


def test_with_a_surge_of_less_than_max() -> None:
    # One beside four: a quarter, so 15 and 4 more; 16 and 4 would be 200.
    assert assess(Topology(), surge=1, target="kubernetes").largest_safe_max == 15


def test_facts() -> None:
    facts = assess(
        Topology.model_validate({"postgres": {"pooler": {"enabled": True}}}), surge=4, target="docker"
    ).facts()
    assert facts == {
        "min": 2,
        "max": 4,
        "surge": 4,
        "scaleCpu": 70.0,
        "scaleMemory": 80.0,
        "scaleRequests": 0.0,
        "cooldownOut": 60.0,
        "cooldownIn": 300.0,
        "workers": 1,
        "poolSize": 5,
        "poolOverflow": 5,
        "poolTimeout": 10.0,
        "connectionsNeeded": 50,
        "connectionsUsable": 190,
        "maxConnections": 200,
        "reservedConnections": 10,
        "schedulerConnections": 0,
        "pooler": True,
        "poolerMode": "transaction",
        "poolerPoolSize": 50,
        "poolerMaxClientConnections": 500,
        "appMemory": 512 * 1024**2,
        "appMemoryNeeded": 281 * 1024**2,
        "postgresMemory": 1024**3,
        "postgresMemoryNeeded": (128 + 48 + 110 * 4) * 1024**2,
        "redisMemory": 512 * 1024**2,
        "redisMemoryNeeded": 357913942,
        "drainDelay": 5.0,
        "drainTimeout": 90.0,
        "drainGrace": 180.0,
        "idleTimeout": 3600.0,
        "longestSilence": 300.0,
        "tls": "off",
        "authentication": "securityKey",
        "sessionStore": "postgres",
        "largestSafeMax": 25,
        "postgresMode": "managed",
        "postgresTls": False,
        "sharedBuffers": 128 * 1024**2,
        "effectiveCacheSize": 512 * 1024**2,
        "workMem": 4 * 1024**2,
        "redisMode": "managed",
        "redisTls": False,
        "maxmemory": 256 * 1024**2,
        "maxmemoryPolicy": "noeviction",
        "appendonly": True,
    }


EXTERNAL: dict[str, Any] = {
    store: {"mode": "external", "password": "key", "external": {"host": "store.example.com"}}
    for store in ("postgres", "redis")
}


def test_an_external_server_has_a_connection_budget_and_no_memory_of_ours() -> None:
    data = deep_merge(EXTERNAL, {"postgres": {"maxConnections": 50}})
    capacity = assess(Topology.model_validate(data), surge=4, target="docker")
    assert [problem.path for problem in capacity.problems()] == ["topology.scaling.max"]
    facts = capacity.facts()
    assert {facts[name] for name in ("sharedBuffers", "effectiveCacheSize", "workMem", "maxmemory")} == {0}
    assert (facts["postgresTls"], facts["redisTls"]) == (True, True)
    assert {facts[f"{store}{what}"] for store in EXTERNAL for what in ("Memory", "MemoryNeeded")} == {0}


def test_facts_hold_no_host_and_no_secret() -> None:
    facts = assess(Topology.model_validate(EXTERNAL), surge=4, target="docker").facts()
    assert all(type(value) in (int, float, str, bool) for value in facts.values())
    assert not {"store.example.com", "key"} & {str(value) for value in facts.values()}


@pytest.mark.parametrize("app", [{}, {"agents": "a:b"}, {"build": "./agents"}])
def test_the_demo_model_takes_memory(app: dict[str, Any]) -> None:
    needed = assess(Topology.model_validate({"app": app}), surge=1, target="docker").memory[0].needed
    for real in ({"secrets": {"OPENAI_API_KEY": "k"}}, {"model": {"id": "m", "baseUrl": "http://models/v1"}}):
        without = assess(Topology.model_validate({"app": {**app, **real}}), surge=1, target="docker").memory[
            0
        ]
        assert needed - without.needed == DEMO_MODEL


@pytest.mark.parametrize(
    ("target", "paths"),
    [("docker", ["topology.loadBalancer.memory", "topology.postgres.pooler.memory"]), ("ecs", [])],
)
def test_what_aws_sizes_itself_has_no_memory_of_ours(target: str, paths: list[str]) -> None:
    """Nobody is asked to raise what ECS ignores."""
    data = {
        "loadBalancer": {"memory": "64MiB", "bodyLimit": "60MiB"},
        "app": {"memory": "1GiB"},
        "postgres": {"pooler": {"enabled": True, "maxClientConnections": 60_000}},
    }
    capacity = assess(Topology.model_validate(data), surge=4, target=target)
    assert [problem.path for problem in capacity.problems()] == paths
