"""The sizes that AWS has, as its documentation has them, and which of them a topology gets."""

from __future__ import annotations

from typing import Any

import pytest
from agno_ha.targets.ecs import fargate, sizes, stores
from agno_ha.targets.ecs.limits import whole
from agno_ha.targets.ecs.settings import EcsSettings
from agno_ha.topology import Topology
from agno_ha.topology.units import GiB, MiB

FARGATE = {
    # cores: least, most, one in between, the step after the most, and one between two steps
    0.25: (512 * MiB, 2 * GiB, 1 * GiB, 3 * GiB, 1536 * MiB),
    0.5: (1 * GiB, 4 * GiB, 3 * GiB, 5 * GiB, 1536 * MiB),
    1: (2 * GiB, 8 * GiB, 5 * GiB, 9 * GiB, 2560 * MiB),
    2: (4 * GiB, 16 * GiB, 9 * GiB, 17 * GiB, 4608 * MiB),
    4: (8 * GiB, 30 * GiB, 17 * GiB, 31 * GiB, 8704 * MiB),
    8: (16 * GiB, 60 * GiB, 20 * GiB, 64 * GiB, 18 * GiB),
    16: (32 * GiB, 120 * GiB, 40 * GiB, 128 * GiB, 36 * GiB),
}
"""The table below "Task size" in Amazon ECS' "Task definition differences for Fargate"."""


@pytest.mark.parametrize("cores", FARGATE)
def test_fargate_has_the_documented_pairs(cores: float) -> None:
    least, most, between, above, odd = FARGATE[cores]
    assert [fargate.fits(cores, memory) for memory in (least, between, most)] == [True] * 3
    assert [fargate.fits(cores, memory) for memory in (least // 2, odd, above)] == [False] * 3


def test_fargate_has_no_other_cores() -> None:
    assert [fargate.fits(cores, 8 * GiB) for cores in (0, 0.75, 1.5, 3, 6, 32)] == [False] * 6


CLASSES = {
    "db.t4g.micro": (2, 1), "db.t4g.small": (2, 2), "db.t4g.medium": (2, 4), "db.t4g.large": (2, 8),
    "db.t4g.xlarge": (4, 16), "db.t4g.2xlarge": (8, 32),
    "db.m7g.large": (2, 8), "db.m7g.xlarge": (4, 16), "db.m7g.2xlarge": (8, 32), "db.m7g.4xlarge": (16, 64),
    "db.m7g.8xlarge": (32, 128),
    "db.r7g.large": (2, 16), "db.r7g.xlarge": (4, 32), "db.r7g.2xlarge": (8, 64), "db.r7g.4xlarge": (16, 128),
    "db.r7g.8xlarge": (32, 256),
}  # fmt: skip
"""Cores and GiB: "Hardware specifications for DB instance classes" of RDS' user guide."""


def test_the_classes_are_the_documentations() -> None:
    others = {"m7g": ("m6g", "m8g", "m6i", "m7i"), "r7g": ("r6g", "r8g", "r6i", "r7i")}
    documented = CLASSES | {
        name.replace(series, other): size
        for series, alike in others.items()
        for other in alike
        for name, size in CLASSES.items()
        if series in name
    }
    known = {name: (size.cores, size.memory // GiB) for name, size in sizes.INSTANCE_CLASSES.items()}
    assert known == documented


@pytest.mark.parametrize(
    ("cpu", "memory", "connections", "name"),
    [
        (1, GiB, 100, "db.t4g.micro"),
        (2, GiB, 112, "db.t4g.micro"),
        (2, GiB, 113, "db.t4g.small"),
        (2, GiB + 1, 100, "db.t4g.small"),
        (2.5, GiB, 100, "db.t4g.xlarge"),
        (5, GiB, 100, "db.t4g.2xlarge"),
        (8, 32 * GiB, 3604, "db.t4g.2xlarge"),
        (9, GiB, 100, None),
        (1, 33 * GiB, 100, None),
        (1, GiB, 3605, None),
    ],
)
def test_the_smallest_class_that_holds_all_three(
    cpu: float, memory: int, connections: int, name: str | None
) -> None:
    assert sizes.instance_class(cpu, memory, connections) == name


@pytest.mark.parametrize(
    ("memory", "name"),
    [
        (536_870_912, "cache.t4g.micro"),
        (536_870_913, "cache.t4g.small"),
        (3_317_862_236, "cache.t4g.medium"),
        (3_317_862_237, None),
    ],
)
def test_the_smallest_node_that_holds_the_memory(memory: int, name: str | None) -> None:
    assert sizes.node_type(memory) == name


@pytest.mark.parametrize(
    ("engine", "version", "found"),
    [
        ("redis", 6, ("6.2", "redis6.x")),
        ("redis", 7, ("7.1", "redis7")),
        ("redis", 8, None),
        ("valkey", 6, None),
        ("valkey", 7, ("7.2", "valkey7")),
        ("valkey", 8, ("8.0", "valkey8")),
    ],
)
def test_engines_of_elasticache(engine: str, version: int, found: Any) -> None:
    settings = EcsSettings.model_validate({"region": "eu-central-1", "redis": {"engine": engine}})
    assert stores.engine(Topology.model_validate({"redis": {"version": version}}), settings) == found


def test_seconds_are_never_fewer_than_asked_for() -> None:
    assert [whole(seconds) for seconds in (0, 0.1, 2.0, 2.5, 119.001)] == [0, 1, 2, 3, 120]


def test_the_sizes_are_the_documentations() -> None:
    """ "Redis OSS node-type specific parameters" of ElastiCache's user guide; RDS' default of max_connections."""
    documented = {
        "cache.t4g.micro": 536870912, "cache.t4g.small": 1471026299, "cache.t4g.medium": 3317862236,
        "cache.m7g.large": 6854542746, "cache.m7g.xlarge": 13891921715, "cache.m7g.2xlarge": 27966669210,
        "cache.r7g.large": 14037181030, "cache.r7g.xlarge": 28261849702, "cache.r7g.2xlarge": 56711183565,
        "cache.r7g.4xlarge": 113609865216,
    }  # fmt: skip
    both = documented | {name.replace("7g", "6g"): size for name, size in documented.items()}
    assert both == sizes.NODE_TYPES
    classes = {
        name: sizes.INSTANCE_CLASSES[f"db.t4g.{name}"].connections for name in ("micro", "small", "medium")
    }
    assert classes == {"micro": 112, "small": 225, "medium": 450}
    assert sizes.INSTANCE_CLASSES["db.r7g.4xlarge"].connections == 5000
