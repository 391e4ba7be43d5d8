"""PgBouncer: its configuration, the processes that read it, and the servers that they lead to."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, Generic, NamedTuple

from agno_ha_policies.addresses import meant
from agno_ha_policies.docker.files import DATA, entry
from agno_ha_policies.docker.pools import Tasks
from agno_ha_policies.docker.workload import SPEC, command, image_name
from agno_ha_policies.model import B
from agno_ha_policies.view import View, beside

_ONE = Tasks(1, 1, 1)
"""Where nothing that runs it is seen."""


class Pooler(NamedTuple, Generic[B]):
    """A configuration, and what runs with it."""

    config: View[B]
    text: str
    workloads: Sequence[View[B]]
    running: Tasks
    """Processes of all of them."""


def is_pgbouncer(view: View[Any]) -> bool:
    """Whether it runs PgBouncer, by its image's name or its command; an exporter of its numbers does not."""
    image = image_name(view) or ""
    named = "pgbouncer" in image and "exporter" not in image
    return named or bool(re.search(r"(^|[\s/])pgbouncer(\s|$)", command(view)))


def poolers(
    configs: Sequence[tuple[View[B], str]],
    workloads: Sequence[View[B]],
    running: Callable[[View[B]], Tasks | None],
) -> Iterator[Pooler[B]]:
    """Yield each configuration with what runs with it; not, and said, where that can't be told."""
    every = [each for each in workloads if is_pgbouncer(each)]
    for config, text in configs:
        mounting = [each for each in every if _called(config) & _mounted(each)]
        found = mounting or beside(config, every)
        if len(configs) > 1 and len(found) > 1 and not mounting:
            config.unreadable(DATA, "which PgBouncer reads it is not known")
            continue
        counts = [running(each) for each in found]
        known = [count for count in counts if count is not None]
        if len(known) == len(counts):
            yield Pooler(config, text, found, Tasks(*map(sum, zip(*known, strict=True))) if known else _ONE)


def servers_of(pooler: Pooler[B], servers: Sequence[View[B]], group: Sequence[View[Any]]) -> list[View[B]]:
    """Return the servers that the databases of a PgBouncer are on; one that can't be told is said."""
    found: dict[str, View[B]] = {}
    for host in re.findall(r"\bhost\s*=\s*'?([^\s']+)", pooler.text) or [""]:
        candidates = meant(pooler.config, host, servers, group)
        if len(candidates) == 1:
            found[candidates[0].resource.urn] = candidates[0]
        elif candidates:
            pooler.config.unreadable(DATA, "does not tell which Postgres server is used")
    return list(found.values())


def number(pooler: Pooler[Any], name: str, default: float) -> float | None:
    """Return a whole number of the configuration; None, and said, where it is none."""
    given = entry(pooler.text, name)
    if given is None or re.fullmatch("[0-9]{1,9}", given):
        return default if given is None else float(given)
    pooler.config.unreadable(DATA, f"{name} is not a whole number")
    return None


def _called(config: View[Any]) -> set[Any]:
    """Return what a configuration is mounted by: its name, in Docker or in the cluster."""
    names = (config.name, config.known("name", ""), config.known("metadata.name", ""))
    return {name for name in names if isinstance(name, str)} - {""}


def _mounted(view: View[Any]) -> set[Any]:
    """Return the names of the configurations that a workload mounts, as far as they are known."""
    lists = ((f"{SPEC}.configs", "configName"), ("spec.template.spec.volumes", "configMap.name"))
    names = [
        view.known(f"{path}.{index}.{name}", "")
        for path, name in lists
        for index, _ in enumerate(view.items(path) or [])
    ]
    return {name for name in names if isinstance(name, str)} - {""}
