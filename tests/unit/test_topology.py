from __future__ import annotations

import doctest
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import agno_ha.topology
import pytest
import yaml
from agno_ha.environment import Server, app_environment
from agno_ha.topology import Postgres, Redis, Section, Store, Topology
from agno_ha.topology.app import CONTRACT_NAMES
from pydantic import BaseModel, ValidationError
from unit.contract import DEFAULTS, leaves

MODULES = [
    *(f"agno_ha.topology.{module.name}" for module in pkgutil.iter_modules(agno_ha.topology.__path__)),
    *(
        "agno_ha.topology",
        "agno_ha.capacity",
        "agno_ha.memory",
        "agno_ha.configuration",
        "agno_ha.validation",
    ),
    "agno_ha.yaml_file",
]


def every_section(section: type[BaseModel] = Section) -> list[type[BaseModel]]:
    return [found for below in section.__subclasses__() for found in (below, *every_section(below))]


def test_every_field_and_default_is_the_contracts() -> None:
    written = Topology.model_validate(DEFAULTS).model_dump(mode="json", by_alias=True)
    assert leaves(Topology().model_dump(mode="json", by_alias=True)) == leaves(written)
    assert set(leaves(written)) == set(leaves(DEFAULTS))


def test_the_shared_file_says_nothing_but_defaults() -> None:
    shared = yaml.safe_load((Path(__file__).parents[2] / "topology.yaml").read_text())
    assert Topology.model_validate(shared) == Topology()


def test_a_topology_survives_its_text() -> None:
    topology = Topology.model_validate({"app": {"drain": {"grace": "200s"}}, "redis": {"memory": "1GB"}})
    assert Topology.model_validate(topology.model_dump(mode="json", by_alias=True)) == topology
    assert Topology.model_validate(topology.model_dump(mode="json")) == topology


def test_every_field_is_documented() -> None:
    bare = [
        f"{section.__name__}.{name}"
        for section in every_section()
        for name, field in section.model_fields.items()
        if not field.description
    ]
    assert not bare


def test_a_topology_cannot_be_changed() -> None:
    with pytest.raises(ValidationError, match="frozen"):
        Topology().scaling.max = 5


def test_a_target_can_add_a_section_without_a_change_here() -> None:
    class Volumes(Section):
        storage_class: str = "standard"

    class Extended(Topology):
        volumes: Volumes = Volumes()

    extended = Extended.model_validate({"volumes": {"storageClass": "fast"}, "scaling": {"max": 3}})
    assert (extended.volumes.storage_class, extended.scaling.max) == ("fast", 3)


def test_an_empty_section_is_one_with_defaults() -> None:
    assert Topology.model_validate({"postgres": None, "scaling": {"cooldown": None}}) == Topology()


def test_yaml_reads_off_and_no_as_false() -> None:
    data = yaml.safe_load("loadBalancer: {tls: {mode: off}}\nredis: {persistence: {fsync: no}}")
    topology = Topology.model_validate(data)
    assert (topology.load_balancer.tls.mode, topology.redis.persistence.fsync) == ("off", "no")


def test_postgres_settings() -> None:
    postgres = Postgres.model_validate(
        {
            "maxConnections": 150,
            "reservedConnections": 5,
            "sharedBuffers": "256MiB",
            "effectiveCacheSize": "768MiB",
            "workMem": "2MiB",
            "statementTimeout": "1.5s",
            "idleInTransactionTimeout": "0s",
        }
    )
    assert postgres.settings() == {
        "max_connections": "150",
        "superuser_reserved_connections": "5",
        "shared_buffers": "262144kB",
        "effective_cache_size": "786432kB",
        "work_mem": "2048kB",
        "statement_timeout": "1500ms",
        "idle_in_transaction_session_timeout": "0ms",
    }
    assert postgres.server_args()[:4] == [
        "-c",
        "max_connections=150",
        "-c",
        "superuser_reserved_connections=5",
    ]


def test_redis_settings() -> None:
    redis = Redis.model_validate(
        {
            "maxmemory": "100MiB",
            "maxmemoryPolicy": "allkeys-lru",
            "persistence": {"appendonly": False, "fsync": "always"},
        }
    )
    assert redis.settings() == {
        "maxmemory": "104857600",
        "maxmemory-policy": "allkeys-lru",
        "appendonly": "no",
        "appendfsync": "always",
    }
    assert redis.server_args()[:4] == ["--maxmemory", "104857600", "--maxmemory-policy", "allkeys-lru"]


@pytest.mark.parametrize("store", [Postgres(), Redis()])
def test_every_setting_reaches_the_server(store: Store) -> None:
    text = " ".join(store.server_args())
    assert all(name in text and value in text for name, value in store.settings().items())


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name: str) -> None:
    assert doctest.testmod(importlib.import_module(name)).failed == 0


def test_the_worked_example_runs() -> None:
    assert doctest.testmod(importlib.import_module("agno_ha.capacity")).attempted >= 5


def test_no_variable_that_the_targets_set_can_be_set_by_hand_but_the_proxies() -> None:
    by_hand = {"FORWARDED_ALLOW_IPS": "10.0.0.0/8"}
    topology = Topology.model_validate(
        {"app": {"agents": "a:b", "model": {"id": "m", "baseUrl": "http://m"}, "environment": by_hand}}
    )
    set_by_targets = app_environment(
        topology,
        namespace="n",
        postgres=Server("db", 5432, "disable"),
        redis=Server("redis", 6379, "false"),
    )
    assert set(set_by_targets) - CONTRACT_NAMES == set(by_hand)
    assert by_hand.items() <= set_by_targets.items()


def test_nothing_here_imports_pulumi() -> None:
    script = (
        f"import sys, {', '.join(MODULES)}; sys.exit(any(name.startswith('pulumi') for name in sys.modules))"
    )
    assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
