"""The rules on Docker services: exact sets of findings for pass, fail, unknown and not applicable."""

from __future__ import annotations

from typing import Any

import pytest
from policies.stacks import (
    AGNO,
    POSTGRES_ARGS,
    STACK,
    UNKNOWN,
    Resource,
    below,
    docker,
    facts,
    found,
    instance,
    server,
    stranger,
)

REPLICAS = "mode.replicated.replicas"
SPEC = "taskSpec.containerSpec"
ENV = f"{SPEC}.env"
Expected = set[tuple[str, str, str]]


def agno(*changed: Resource, **fact: Any) -> list[Resource]:
    """A good AgnoService with some of its services changed or added."""
    return list({each.urn: each for each in (facts(**fact), server(), instance(), *changed)}.values())


NO_CARE = {("LB-104", "api", f"{SPEC}.healthcheck"), ("LB-105", "api", f"{SPEC}.stopGracePeriod")}
"""What is said of an app's service that only just is one."""


def unchecked(rules: str, resource: str, path: str) -> Expected:
    """Several rules that could not check one value."""
    return {(f"{rule}?", resource, path) for rule in rules.split()}


PASS: dict[str, list[Resource]] = {
    "AgnoService": agno(),
    "scheduler beside it": agno(
        instance("agno-scheduler", replicas=1, order="stop-first", AGNO_ROLE="scheduler"),
        connectionsNeeded=90,
    ),
    "one instance in dev": agno(instance(replicas=1), environment="dev", min=1),
    "stores and proxies run once": [docker("nginx", {}), docker("redis", {"taskSpec": {}})],
    "global service": [docker("agent", {"mode": {"global": True}})],
    "stranger": [stranger(), server("db", parent=STACK)],
    "stranger's budget used up": [
        stranger(replicas=19, order="stop-first"),
        server("db", parent=STACK),
    ],
    "stranger without a server": [stranger(replicas=40)],
    "server of another parent": [stranger(replicas=40), server("db"), facts()],
    "another database than the one beside it": [
        stranger(replicas=40, POSTGRES_HOST="agno.rds.example.com"),
        server("db", parent=STACK),
    ],
    "independent apps, each with its server": [
        below("one", stranger("a", replicas=9)),
        below("one", server("x", parent=STACK)),
        below("two", stranger("b", replicas=9)),
        below("two", server("y", parent=STACK)),
    ],
    "independent servers of one name": [
        below("one", stranger("a", replicas=9, POSTGRES_HOST="db")),
        below("one", server("x", parent=STACK, name="db")),
        below("two", stranger("b", replicas=9, POSTGRES_HOST="db")),
        below("two", server("y", parent=STACK, name="db")),
    ],
    "an image that is not known, and is not asked": [
        stranger(replicas=40, POSTGRES_HOST="agno.rds.example.com"),
        docker("nginx", {"taskSpec": {"containerSpec": {"image": "nginx:1"}}}),
        server("other", parent=STACK, args=["-c", "max_connections=100"], name="other"),
    ],
    "behind a pooler": [stranger(replicas=40, DB_POOLER="transaction"), server("db", parent=STACK)],
    "postgres by its image, with its defaults": [
        stranger(replicas=4, WORKERS="1"),
        server("db", parent=STACK, args=None, image="registry:5000/library/postgres:16@sha256:01"),
    ],
    "an exporter is no server": [
        stranger(replicas=40),
        server("exporter", parent=STACK, args=[], image="prom/postgres-exporter:1"),
    ],
    "two servers, told apart by name and alias": [
        stranger("a", replicas=4, POSTGRES_HOST="one"),
        stranger("b", replicas=4, DB_HOST="two-alias"),
        server("x", parent=STACK, args=["-c", "max_connections=90"], name="one"),
        server(
            "y",
            parent=STACK,
            args=["-cmax_connections=90"],
            taskSpec={
                "containerSpec": {"args": ["--max-connections=90"]},
                "networksAdvanceds": [{"aliases": ["two-alias"]}],
            },
        ),
    ],
}
FAIL: dict[str, tuple[list[Resource], Expected]] = {
    # SCALE-101
    "stranger with one instance": ([stranger(replicas=1)], {("SCALE-101", "api", REPLICAS)}),
    "stranger that says nothing runs one": (
        [docker("api", {"taskSpec": {"containerSpec": {"env": {"DB_POOL_SIZE": "5"}}}})],
        {("SCALE-101", "api", REPLICAS), *NO_CARE},
    ),
    "web role without a pool": (
        [docker("api", {"taskSpec": {"containerSpec": {"env": {"AGNO_ROLE": "web"}}}})],
        {("SCALE-101", "api", REPLICAS), *NO_CARE},
    ),
    "anything above the ceiling": (
        [docker("nginx", {"mode": {"replicated": {"replicas": 51}}})],
        {("SCALE-101", "nginx", REPLICAS)},
    ),
    "above dev's ceiling": (
        agno(instance("agno-other", env={}, replicas=11), environment="dev"),
        {("SCALE-101", "agno-other", REPLICAS)},
    ),
    # SCALE-102
    "fewer than the facts say": (agno(min=3), {("SCALE-102", "agno-web", REPLICAS)}),
    "more than the facts say": (agno(instance(replicas=5)), {("SCALE-102", "agno-web", REPLICAS)}),
    "made global": (
        agno(
            docker(
                "agno-web",
                {**instance().props, "mode": {"global": True}},
                AGNO,
            )
        ),
        {("SCALE-102", "agno-web", "mode.global"), ("POOL-101?", "agno-web", "mode.global")},
    ),
    # POOL-101
    "stranger's pools": (
        [stranger(replicas=10), server("db", parent=STACK)],
        {("POOL-101", "db", f"{SPEC}.args")},
    ),
    "a server of another component": (
        [stranger(replicas=10), below("stores", server("db", parent=STACK))],
        {("POOL-101", "db", f"{SPEC}.args")},
    ),
    "a server that is asked by the name of its tasks, with a port": (
        [stranger(replicas=10, POSTGRES_HOST="tasks.db:5432"), server("db", parent=STACK)],
        {("POOL-101", "db", f"{SPEC}.args")},
    ),
    "one of several hosts": (
        [stranger(replicas=10, POSTGRES_HOST="elsewhere,db"), server("db", parent=STACK)],
        {("POOL-101", "db", f"{SPEC}.args")},
    ),
    "a host that is not known yet, beside one server": (
        [stranger(replicas=10, POSTGRES_HOST=UNKNOWN), server("db", parent=STACK)],
        {("POOL-101", "db", f"{SPEC}.args")},
    ),
    "a mode that no pooler has": (
        [stranger(replicas=10, DB_POOLER="false"), server("db", parent=STACK)],
        {("POOL-101", "db", f"{SPEC}.args")},
    ),
    "workers count": (
        [stranger(replicas=3, WORKERS="4"), server("db", parent=STACK)],
        {("POOL-101", "db", f"{SPEC}.args")},
    ),
    "uvicorn's workers count": (
        [stranger(replicas=3, env={"DB_POOL_SIZE": "9", "WEB_CONCURRENCY": "4"}), server("db", parent=STACK)],
        {("POOL-101", "db", f"{SPEC}.args")},
    ),
    "two users of one server": (
        [
            stranger("a", replicas=10, order="stop-first"),
            stranger("b", replicas=10, order="stop-first"),
            server("db", parent=STACK),
        ],
        {("POOL-101", "db", f"{SPEC}.args")},
    ),
    "the default limit of postgres": (
        [stranger(replicas=5), server("db", parent=STACK, args=[], image="postgres:16")],
        {("POOL-101", "db", f"{SPEC}.args")},
    ),
    "inside a shell's text, the last one holds": (
        [
            stranger(replicas=4),
            server(
                "db",
                parent=STACK,
                args=["sh", "-c", "postgres -c 'max_connections=500' --max_connections=80"],
            ),
        ],
        {("POOL-101", "db", f"{SPEC}.args")},
    ),
    "the second of two servers": (
        [
            stranger("a", replicas=4, POSTGRES_HOST="one"),
            stranger("b", replicas=5, POSTGRES_HOST="two"),
            server("x", parent=STACK, args=["-c", "max_connections=90"], name="one"),
            server("y", parent=STACK, args=["-c", "max_connections=90"], name="two"),
        ],
        {("POOL-101", "y", f"{SPEC}.args")},
    ),
    # POOL-102
    "pool of one": ([stranger(DB_POOL_SIZE="1")], {("POOL-102", "api", f"{ENV}.DB_POOL_SIZE")}),
    "large pool": ([stranger(DB_POOL_SIZE="21")], {("POOL-102", "api", f"{ENV}.DB_POOL_SIZE")}),
    "large overflow": ([stranger(DB_MAX_OVERFLOW="21")], {("POOL-102", "api", f"{ENV}.DB_MAX_OVERFLOW")}),
    "no limit at all": (
        [stranger(DB_POOL_SIZE="0", DB_MAX_OVERFLOW="-1"), server("db", parent=STACK)],
        {
            ("POOL-101", "db", f"{SPEC}.args"),
            ("POOL-102", "api", f"{ENV}.DB_POOL_SIZE"),
            ("POOL-102", "api", f"{ENV}.DB_MAX_OVERFLOW"),
        },
    ),
    # POOL-103
    "another pool than the facts say": (
        agno(instance(DB_POOL_SIZE="6")),
        {("POOL-103", "agno-web", f"{ENV}.DB_POOL_SIZE")},
    ),
    "another overflow": (
        agno(instance(DB_MAX_OVERFLOW="6")),
        {("POOL-103", "agno-web", f"{ENV}.DB_MAX_OVERFLOW")},
    ),
    "more workers": (agno(instance(WORKERS="2")), {("POOL-103", "agno-web", f"{ENV}.WORKERS")}),
    "another limit": (
        agno(server(args=(*POSTGRES_ARGS, "-c", "max_connections=190"))),
        {("POOL-103", "agno-postgres", f"{SPEC}.args")},
    ),
}
UNREADABLE: dict[str, tuple[list[Resource], Expected]] = {
    "replicas": (
        agno(instance(replicas=UNKNOWN)),
        {(rule, "agno-web", REPLICAS) for rule in ("SCALE-101?", "SCALE-102?", "SCALE-104?", "POOL-101?")},
    ),
    "mode": (
        [docker("nginx", {"mode": UNKNOWN})],
        {("SCALE-101?", "nginx", "mode")},
    ),
    "environment": (
        [stranger(env=UNKNOWN)],
        unchecked("SCALE-101 SCALE-104 POOL-101 POOL-102 POOL-104 LB-104 LB-105 OPS-104 SEC-101", "api", ENV),
    ),
    "role": (
        [instance("api", parent=STACK, AGNO_ROLE=UNKNOWN)],
        unchecked("SCALE-101 SCALE-104 LB-104 LB-105 OPS-104", "api", f"{ENV}.AGNO_ROLE"),
    ),
    "pool size": (
        [stranger(DB_POOL_SIZE=UNKNOWN), server("db", parent=STACK)],
        {(rule, "api", f"{ENV}.DB_POOL_SIZE") for rule in ("POOL-101?", "POOL-102?")},
    ),
    "a pool size that is no number": (
        [stranger(DB_POOL_SIZE="many")],
        {("POOL-102?", "api", f"{ENV}.DB_POOL_SIZE")},
    ),
    "a pool that was taken away": (
        agno(instance(without="DB_POOL_SIZE")),
        {("POOL-103?", "agno-web", f"{ENV}.DB_POOL_SIZE")},
    ),
    "pooler": (
        [stranger(DB_POOLER=UNKNOWN), server("db", parent=STACK)],
        {("POOL-101?", "api", f"{ENV}.DB_POOLER")},
    ),
    "order of the roll": (
        [stranger(order=UNKNOWN), server("db", parent=STACK)],
        unchecked("SCALE-104 POOL-101", "api", "updateConfig.order"),
    ),
    "arguments of a server": (
        [stranger(), server("db", parent=STACK, args=UNKNOWN, image="postgres:16")],
        unchecked("POOL-101 POOL-106 DB-101 DB-102 DB-106", "db", f"{SPEC}.args"),
    ),
    "one argument, which may be the limit": (
        [stranger(), server("db", parent=STACK, args=["-c", UNKNOWN], image="postgres:16")],
        unchecked("POOL-101 POOL-106 DB-101 DB-102 DB-106", "db", f"{SPEC}.args.1"),
    ),
    "one argument beside the limit": (
        [stranger(), server("db", parent=STACK, args=["-c", "max_connections=200", "-c", UNKNOWN])],
        unchecked("DB-101 DB-102 DB-106", "db", f"{SPEC}.args.3"),
    ),
    "a limit that is no number": (
        [stranger(), server("db", parent=STACK, args=["-c", "max_connections=$N"])],
        unchecked("POOL-101 POOL-106 DB-102", "db", f"{SPEC}.args"),
    ),
    "an image that may be the server's": (
        [stranger(), server("db", parent=STACK, args=[], image=UNKNOWN)],
        unchecked("POOL-101 DB-101 CACHE-101 SEC-106", "db", f"{SPEC}.image"),
    ),
    "an image beside the server": (
        [stranger(), server("db", parent=STACK), server("cache", parent=STACK, args=[], image=UNKNOWN)],
        unchecked("DB-101 CACHE-101 SEC-106", "cache", f"{SPEC}.image"),
    ),
    "which of two servers": (
        [stranger(), server("x", parent=STACK), server("y", parent=STACK)],
        {("POOL-101?", "api", f"{ENV}.POSTGRES_HOST")},
    ),
    "which of the servers of two components": (
        [stranger(), below("one", server("x", parent=STACK)), below("two", server("y", parent=STACK))],
        {("POOL-101?", "api", f"{ENV}.POSTGRES_HOST")},
    ),
    "which of two servers a host that is not known yet is": (
        [stranger(POSTGRES_HOST=UNKNOWN), server("x", parent=STACK), server("y", parent=STACK)],
        {("POOL-101?", "api", f"{ENV}.POSTGRES_HOST")},
    ),
    "the facts that it should agree with": (
        agno(min=UNKNOWN, workers=UNKNOWN),
        {
            *unchecked("SCALE-001 SCALE-002 SCALE-003 SCALE-102", "agno", "min"),
            ("POOL-001?", "agno", "workers"),
            ("POOL-103?", "agno", "workers"),
        },
    ),
    "one unknown switches off no other check": (
        agno(
            instance(replicas=UNKNOWN, DB_POOL_SIZE="30"),
            docker("agno-nginx", {"mode": {"replicated": {"replicas": 99}}}, AGNO),
        ),
        {
            ("SCALE-101?", "agno-web", REPLICAS),
            ("SCALE-102?", "agno-web", REPLICAS),
            ("SCALE-104?", "agno-web", REPLICAS),
            ("POOL-101?", "agno-web", REPLICAS),
            ("POOL-102", "agno-web", f"{ENV}.DB_POOL_SIZE"),
            ("POOL-103", "agno-web", f"{ENV}.DB_POOL_SIZE"),
            ("SCALE-101", "agno-nginx", REPLICAS),
        },
    ),
}


@pytest.mark.parametrize("resources", PASS.values(), ids=PASS)
def test_pass_or_not_applicable(resources: list[Resource]) -> None:
    assert found(*resources) == set()


@pytest.mark.parametrize(("resources", "expected"), FAIL.values(), ids=FAIL)
def test_fail(resources: list[Resource], expected: Expected) -> None:
    assert found(*resources) == expected


@pytest.mark.parametrize(("resources", "expected"), UNREADABLE.values(), ids=UNREADABLE)
def test_unreadable(resources: list[Resource], expected: Expected) -> None:
    assert found(*resources) == expected
