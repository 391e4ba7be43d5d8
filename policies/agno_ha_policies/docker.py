"""How Docker's Swarm services are read, whoever wrote them."""

from __future__ import annotations

import re
from typing import Any, NamedTuple

from agno_ha_policies.view import View

SERVICE = "docker:index/service:Service"
REPLICAS = "mode.replicated.replicas"
ENV = "taskSpec.containerSpec.env"
POOL_SIZE = f"{ENV}.DB_POOL_SIZE"
POOL_OVERFLOW = f"{ENV}.DB_MAX_OVERFLOW"
ARGS = "taskSpec.containerSpec.args"
IMAGE = "taskSpec.containerSpec.image"
_COMMANDS = "taskSpec.containerSpec.commands"

_DEFAULT_OVERFLOW = 10  # SQLAlchemy's
_POSTGRES = {"postgres", "postgresql", "postgis", "pgvector", "timescaledb", "timescaledb-ha"}
_DEFAULT_CONNECTIONS = {
    "max_connections": 100,
    "superuser_reserved_connections": 3,
    "reserved_connections": 0,
}


def replicas(view: View[Any]) -> float | None:
    """Return the number of tasks; None for a global service, which has one on every node."""
    return None if view.flag("mode.global", False) else view.number(REPLICAS, 1)


def is_own(view: View[Any], room: str) -> bool:
    """Whether this is a service of the AgnoService above it, by its name: `<name>-<room>`."""
    return (
        view.owner is not None
        and view.resource.parent == view.owner.resource.urn
        and view.name.endswith(f"-{room}")
    )


def has_pool(view: View[Any]) -> bool:
    """Whether the service's processes have a connection pool (`DB_POOL_SIZE`)."""
    return "DB_POOL_SIZE" in (view.mapping(ENV) or {})


def is_instance(view: View[Any]) -> bool:
    """Whether the tasks are interchangeable app instances: the image's `web` role, or a pool and no role."""
    environment = view.mapping(ENV) or {}
    if "AGNO_ROLE" in environment:
        return view.text(f"{ENV}.AGNO_ROLE") == "web"
    return "DB_POOL_SIZE" in environment


class Pool(NamedTuple):
    """The pool of every process; None for what can't be read."""

    size: float | None
    overflow: float | None
    workers: float | None
    """Processes of one task."""

    @property
    def connections(self) -> float | None:
        """Connections that one task opens at most; infinite for SQLAlchemy's 0 and -1: no limit."""
        if self.size is None or self.overflow is None or self.workers is None:
            return None
        return (
            float("inf")
            if self.size <= 0 or self.overflow < 0
            else self.workers * (self.size + self.overflow)
        )


def pool(view: View[Any]) -> Pool:
    """Read the pool that a service's environment configures."""
    environment = view.mapping(ENV) or {}
    workers = "WORKERS" if "WORKERS" in environment else "WEB_CONCURRENCY"
    return Pool(
        view.number(POOL_SIZE),
        view.number(POOL_OVERFLOW, _DEFAULT_OVERFLOW),
        view.number(f"{ENV}.{workers}", 1),
    )


def is_postgres(view: View[Any]) -> bool | None:
    """Whether the service is a Postgres server, by its arguments or its image's name; None: can't be told."""
    command = view.known(_COMMANDS, []), view.known(ARGS, [])
    if any(_setting(_joined(part), "max_connections") for part in command):
        return True
    image = view.known(IMAGE, "")
    if isinstance(image, str):
        return re.split(r"[:@]", image.rpartition("/")[2])[0] in _POSTGRES
    return None


class Limits(NamedTuple):
    """Connections of a Postgres server."""

    maximum: float
    usable: float
    """Without those reserved for superusers."""


def postgres_limits(view: View[Any]) -> Limits | None:
    """Read a Postgres server's limits from its arguments; where they say nothing, Postgres' defaults hold."""
    parts = [view.items(_COMMANDS), view.items(ARGS)]
    command = " ".join(_joined(part) for part in parts)
    if None in parts:
        return None
    values: dict[str, int] = {}
    for name, default in _DEFAULT_CONNECTIONS.items():
        text = _setting(command, name)
        if text is not None and not text.isdecimal():
            view.unreadable(ARGS, f"{name} is not a whole number")
            return None
        values[name] = default if text is None else int(text)
    if _setting(command, "max_connections") is None and not _all_known(view):
        return None  # what is not known yet may be the very setting
    maximum = values["max_connections"]
    return Limits(
        maximum, maximum - values["superuser_reserved_connections"] - values["reserved_connections"]
    )


def _all_known(view: View[Any]) -> bool:
    entries = [
        f"{path}.{index}" for path in (_COMMANDS, ARGS) for index in range(len(view.items(path) or []))
    ]
    return None not in [view.value(entry, "") for entry in entries]


def _joined(parts: Any) -> str:
    return " ".join(part for part in parts if isinstance(part, str)) if isinstance(parts, list) else ""


def _setting(command: str, name: str) -> str | None:
    # `-c name=value`, `-cname=value` and `--name=value`, alone or inside a shell's text; the last one holds.
    pattern = name.replace("_", "[_-]")
    found = re.findall(rf"(?:^|\s)(?:-c\s*|--)['\"]?{pattern}\s*=\s*['\"]?([^\s'\"]+)", command)
    return found[-1] if found else None
