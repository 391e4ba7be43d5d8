"""Which databases and caches a rule is about."""

from __future__ import annotations

from typing import Any

from agno_ha_policies.aws.kinds import CACHE
from agno_ha_policies.view import View


def is_postgres(view: View[Any]) -> bool:
    """Whether a database is one of Postgres, as it is where nothing says what it is, such as a restored one."""
    engine = view.known("engine", "postgres")
    return not isinstance(engine, str) or "postgres" in engine


def is_replica(view: View[Any]) -> bool:
    """Whether a database is a copy of another: backups and a standby are that one's affair."""
    sources = ("replicateSourceDb", "replicationSourceIdentifier")
    return any(view.known(name, None) is not None for name in sources)


def is_redis(view: View[Any]) -> bool:
    """Whether it holds Redis by itself: no Memcached, and no member of a replication group."""
    if view.resource.type == CACHE:
        return True
    return view.known("replicationGroupId", None) is None and view.text("engine", "redis") in (
        "redis",
        "valkey",
    )
