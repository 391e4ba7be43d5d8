"""Postgres and Redis servers among the services, and the settings that their command gives them."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

from agno_ha_policies.addresses import REDIS, server_of
from agno_ha_policies.docker.workload import ARGS, IMAGE, command, image_name, is_app, unknown_word
from agno_ha_policies.model import B
from agno_ha_policies.view import View, siblings

_POSTGRES = {"postgres", "postgresql", "postgis", "pgvector", "timescaledb", "timescaledb-ha"}
_REDIS = {"redis", "valkey", "redis-stack", "redis-stack-server"}
_DEFAULTS = {"max_connections": 100, "superuser_reserved_connections": 3, "reserved_connections": 0}
_SIZES = {
    "": 1,
    "b": 1,
    "k": 1024,
    "kb": 1024,
    "m": 1024**2,
    "mb": 1024**2,
    "g": 1024**3,
    "gb": 1024**3,
    "tb": 1024**4,
}


def is_postgres(view: View[Any]) -> bool | None:
    """Whether it is a Postgres server, by its arguments or its image's name; None: can't be told."""
    if _given(view, "max_connections") or _given(view, "shared_buffers"):
        return True
    image = image_name(view)
    return None if image is None else image in _POSTGRES


def is_redis(view: View[Any]) -> bool | None:
    """Whether it is a Redis server, likewise."""
    if re.search(r"(^|[\s/])(redis|valkey)-server(\s|$)", command(view)):
        return True
    image = image_name(view)
    return None if image is None else image in _REDIS


def told(view: View[Any], answer: bool | None, what: str) -> bool:
    """Whether the answer is yes; one that can't be told is said, where it is no app and so may be a server."""
    if answer is None and not is_app(view):
        view.unreadable(IMAGE, f"is not known yet, so that it may be a {what} server")
    return answer is True


def setting(view: View[Any], name: str, default: str) -> str | None:
    """Return what the command sets; None, and said, where an unknown word or a file may set it."""
    found = _given(view, name)
    if found is not None:
        return found
    unknown = unknown_word(view)
    if unknown is not None:
        view.unreadable(unknown, "is not known yet")
        return None
    if re.search(r"\.conf\b", command(view)):
        view.unreadable(ARGS, f"{name} may stand in a file that is not seen")
        return None
    return default


def size(view: View[Any], name: str, default: str, unit: int = 1) -> float | None:
    """Return the bytes of a setting such as `128MB`; `unit` is that of a bare number."""
    text = setting(view, name, default)
    if text is None:
        return None
    match = re.fullmatch(r"(\d+)\s*([a-z]*)", text.lower())
    factor = _SIZES.get(match[2]) if match else None
    if match is None or factor is None:
        view.unreadable(ARGS, f"{name} is not a size")
        return None
    return int(match[1]) * (factor if match[2] else unit)


class Limits(NamedTuple):
    """Connections of a Postgres server."""

    maximum: float
    reserved: float
    """For superusers, or for the roles that may use reserved ones."""

    @property
    def usable(self) -> float:
        """What is left for everybody else."""
        return self.maximum - self.reserved


def postgres_limits(view: View[Any]) -> Limits | None:
    """Read a Postgres server's limits from its arguments; where they say nothing, Postgres' defaults hold."""
    maximum = whole(view, "max_connections")
    if maximum is None:
        return None
    given = {
        name: _given(view, name) or str(default)
        for name, default in _DEFAULTS.items()
        if name != "max_connections"
    }
    if not all(text.isdecimal() for text in given.values()):
        view.unreadable(ARGS, "superuser_reserved_connections is not a whole number")
        return None
    return Limits(maximum, sum(int(text) for text in given.values()))


def whole(view: View[Any], name: str) -> int | None:
    """Return a whole number that Postgres is given, or its default."""
    text = setting(view, name, str(_DEFAULTS[name]))
    if text is None or text.isdecimal():
        return None if text is None else int(text)
    view.unreadable(ARGS, f"{name} is not a whole number")
    return None


def _given(view: View[Any], name: str) -> str | None:
    # Postgres' `-c name=value`, `-cname=value` and `--name=value`, Redis' `--name value`, alone or inside a
    # shell's text; the last one holds.
    pattern = re.escape(name).replace("_", "[_-]")
    found = re.findall(rf"(?:^|\s)(?:-c\s*|--)['\"]?{pattern}(?:\s*=\s*|\s+)['\"]?([^\s'\"]+)", command(view))
    return found[-1] if found else None


def beside_an_app(views: Sequence[View[B]]) -> list[View[B]]:
    """Return the Redis servers that an app uses: it keeps its queue there."""
    found = []
    for group in siblings(views):
        servers = [view for view in group if is_redis(view)]
        used = [server_of(view, servers, group, REDIS) for view in group if is_app(view)]
        found += [server for server in servers if server in used]
    return found
