"""Overriding one leaf of one stack changes no other effective value."""

from __future__ import annotations

from typing import Any

import pytest
from agno_ha.configuration import deep_merge, load
from agno_ha.topology import Topology
from unit.contract import at, leaves

# A shared file in which most is not the default, so that a value that falls back to its default is noticed.
SHARED: dict[str, Any] = {
    "app": {
        "agents": "shared:agents",
        "cpu": 1.5,
        "memory": "768MiB",
        "model": {"id": "shared-model", "baseUrl": "http://models.internal/v1"},
        "environment": {"COLOUR": "blue", "SHAPE": "round"},
        "secrets": {"OPENAI_API_KEY": "openai", "SEARCH_KEY": "search"},
        "longestSilence": "200s",
        "drain": {"delay": "6s", "timeout": "80s", "grace": "190s"},
        "health": {"interval": "4s", "timeout": "4s", "retries": 3, "startPeriod": "50s"},
        "scheduler": {"enabled": True, "cpu": 0.4, "memory": "300MiB"},
    },
    "scaling": {"min": 3, "max": 5, "cpu": 60, "memory": 70, "cooldown": {"out": "50s", "in": "200s"}},
    "loadBalancer": {
        "httpPort": 8080,
        "httpsPort": 8443,
        "cpu": 0.7,
        "memory": "256MiB",
        "tls": {"mode": "generated"},
        "idleTimeout": "1800s",
        "connectTimeout": "2s",
        "bodyLimit": "50MiB",
    },
    "postgres": {
        "mode": "managed",
        "version": 16,
        "database": "shared",
        "user": "shared",
        "maxConnections": 280,
        "reservedConnections": 8,
        "sharedBuffers": "256MiB",
        "effectiveCacheSize": "1GiB",
        "workMem": "2MiB",
        "statementTimeout": "50s",
        "idleInTransactionTimeout": "40s",
        "cpu": 2,
        "memory": "2GiB",
        "storage": "20GiB",
        "backups": {"retention": "14d"},
        "stopGrace": "100s",
        "pool": {"size": 4, "overflow": 6, "timeout": "8s", "recycle": "1000s", "connectTimeout": "4s"},
        "pooler": {"poolSize": 40, "maxClientConnections": 400, "cpu": 0.4, "memory": "64MiB"},
    },
    "redis": {
        "mode": "managed",
        "version": 8,
        "maxmemory": "200MiB",
        "persistence": {"appendonly": True, "fsync": "always"},
        "cpu": 0.4,
        "memory": "400MiB",
        "storage": "6GiB",
        "stopGrace": "50s",
    },
    "sessions": {"store": "redis"},
}

OTHER: dict[str, Any] = {
    "app.image": "example/app:1",
    "app.build": "./agents",
    "app.agents": "other:agents",
    "app.workers": 2,
    "app.cpu": 2,
    "app.memory": "1GiB",
    "app.port": 9000,
    "app.authentication": "none",
    "app.model.id": "other-model",
    "app.model.baseUrl": None,
    "app.environment.COLOUR": "red",
    "app.environment.SHAPE": "square",
    "app.secrets.OPENAI_API_KEY": "other",
    "app.secrets.SEARCH_KEY": "other",
    "app.longestSilence": "100s",
    "app.drain.delay": "1s",
    "app.drain.timeout": "30s",
    "app.drain.grace": "300s",
    "app.health.interval": "3s",
    "app.health.timeout": "2s",
    "app.health.retries": 2,
    "app.health.startPeriod": "90s",
    "app.scheduler.enabled": False,
    "app.scheduler.cpu": 1,
    "app.scheduler.memory": "1GiB",
    "scaling.min": 1,
    "scaling.max": 6,
    "scaling.cpu": None,
    "scaling.memory": None,
    "scaling.requestsPerSecond": 20,
    "scaling.cooldown.out": "30s",
    "scaling.cooldown.in": "600s",
    "loadBalancer.httpPort": 8000,
    "loadBalancer.httpsPort": 9443,
    "loadBalancer.replicas": 2,
    "loadBalancer.cpu": 1,
    "loadBalancer.memory": "1GiB",
    "loadBalancer.tls.mode": False,
    "loadBalancer.tls.certificate": "certificate.pem",
    "loadBalancer.tls.privateKey": "tlsKey",
    "loadBalancer.idleTimeout": "2h",
    "loadBalancer.connectTimeout": "500ms",
    "loadBalancer.bodyLimit": "40MiB",
    "postgres.mode": "external",
    "postgres.version": 17,
    "postgres.database": "other",
    "postgres.user": "other",
    "postgres.maxConnections": 260,
    "postgres.reservedConnections": 3,
    "postgres.sharedBuffers": "128MiB",
    "postgres.effectiveCacheSize": "512MiB",
    "postgres.workMem": "1MiB",
    "postgres.statementTimeout": "0s",
    "postgres.idleInTransactionTimeout": "5m",
    "postgres.cpu": 4,
    "postgres.memory": "4GiB",
    "postgres.storage": "1TiB",
    "postgres.backups.retention": "30d",
    "postgres.highAvailability": True,
    "postgres.stopGrace": "5m",
    "postgres.password": "databasePassword",
    "postgres.pool.size": 3,
    "postgres.pool.overflow": 0,
    "postgres.pool.timeout": "5s",
    "postgres.pool.recycle": "10m",
    "postgres.pool.connectTimeout": "2s",
    "postgres.pooler.enabled": True,
    "postgres.pooler.mode": "session",
    "postgres.pooler.poolSize": 20,
    "postgres.pooler.maxClientConnections": 600,
    "postgres.pooler.cpu": 1,
    "postgres.pooler.memory": "1GiB",
    "postgres.external.host": "db.example.com",
    "postgres.external.port": 6432,
    "postgres.external.sslMode": "verify-full",
    "redis.mode": "external",
    "redis.version": 6,
    "redis.maxmemory": "100MiB",
    "redis.maxmemoryPolicy": "allkeys-lru",
    "redis.persistence.appendonly": False,
    "redis.persistence.fsync": "everysec",
    "redis.cpu": 1,
    "redis.memory": "1GiB",
    "redis.storage": "1TiB",
    "redis.highAvailability": True,
    "redis.stopGrace": "5m",
    "redis.password": "redisPassword",
    "redis.external.host": "redis.example.com",
    "redis.external.port": 7000,
    "redis.external.tls": False,
    "redis.external.username": "agno",
    "sessions.store": "postgres",
}

# What else the stack must say for a leaf to make sense; it is there before and after.
ALONG: dict[str, dict[str, Any]] = {
    f"{store}.mode": {store: {"password": "password", "external": {"host": "store.example.com"}}}
    for store in ("postgres", "redis")
}


def effective(overrides: dict[str, Any]) -> tuple[dict[str, Any], Topology]:
    topology = load(
        SHARED, overrides, overrides_source="Pulumi.test.yaml", surge=lambda topology: topology.scaling.max
    )
    return leaves(topology.model_dump(mode="json", by_alias=True)), topology


def test_the_table_has_every_leaf() -> None:
    assert set(OTHER) == set(effective({})[0])


@pytest.mark.parametrize("leaf", OTHER)
def test_one_leaf_changes_alone(leaf: str) -> None:
    along = ALONG.get(leaf, {})
    before, _ = effective(along)
    after, topology = effective(deep_merge(along, at(leaf, OTHER[leaf])))
    assert {path for path in before.keys() | after.keys() if before.get(path) != after.get(path)} == {leaf}
    assert topology != effective(along)[1]


@pytest.mark.parametrize("leaf", OTHER)
def test_an_override_that_repeats_the_shared_value_changes_nothing(leaf: str) -> None:
    before, _ = effective({})
    assert effective(at(leaf, before[leaf]))[0] == before


def test_the_merge_leaves_its_inputs_alone() -> None:
    base: dict[str, Any] = {"a": {"b": 1, "c": [1, 2]}}
    overrides = {"a": {"c": [3]}, "d": {"e": 1}}
    merged = deep_merge(base, overrides)
    assert merged == {"a": {"b": 1, "c": [3]}, "d": {"e": 1}}
    assert base == {"a": {"b": 1, "c": [1, 2]}}


def test_an_empty_section_changes_nothing() -> None:
    assert deep_merge({"a": {"b": 1}}, {"a": None}) == {"a": {"b": 1}}
    assert deep_merge({"a": None}, {"a": {"b": 1}}) == {"a": {"b": 1}}
