"""From files to a Topology, or to every problem at once.

A user's mistake is a `ConfigurationError`, whose text is meant to be shown, and never another exception.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal

from agno_ha import capacity
from agno_ha.topology import Topology
from agno_ha.topology.base import Section
from agno_ha.topology.problem import ConfigurationError, Problem
from agno_ha.validation import DEEPEST, NOT_A_SECTION, Location, build, by_default, has, validate
from agno_ha.yaml_file import read_yaml

__all__ = ["PROJECT", "ConfigurationError", "Problem", "Stack", "deep_merge", "load", "read_yaml", "validate"]

PROJECT = "agno-ha"
"""The Pulumi project's name: namespace of the configuration keys, prefix of names on a platform."""


class Stack(Section):
    """What a stack file must say beside its topology."""

    target: Literal["docker", "kubernetes", "ecs"]
    """Where it runs; required."""

    environment: Literal["dev", "staging", "prod"] = "prod"
    """Decides protection and the policy preset; default prod, the safest."""


def deep_merge(base: Mapping[Any, Any], overrides: Mapping[Any, Any], *, _level: int = 0) -> dict[Any, Any]:
    """Merge leaf by leaf; lists are replaced whole, and an empty (null) section changes nothing.

    >>> deep_merge({"scaling": {"min": 2, "max": 4}}, {"scaling": {"max": 6}})
    {'scaling': {'min': 2, 'max': 6}}
    """
    if _level > DEEPEST:
        raise ConfigurationError([Problem("", "file", None, "nested too deeply", "Flatten it")])
    merged = dict(base)
    for key, value in overrides.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and isinstance(value, Mapping):
            merged[key] = deep_merge(below, value, _level=_level + 1)
        elif value is not None or not isinstance(below, Mapping):
            merged[key] = value
    return merged


def load(
    base: Any,
    overrides: Any = None,
    *,
    base_source: str = "topology.yaml",
    overrides_source: str = "",
    surge: Callable[[Topology], int] | None = None,
    limits: Callable[[Topology], Iterable[Problem]] = lambda _: (),
    target: str = "",
) -> Topology:
    """Build the topology of one stack.

    Args:
        base: what `topology.yaml` holds.
        overrides: what the stack's `agno-ha:topology` holds.
        base_source: the first file's name, for errors.
        overrides_source: the second's, such as `Pulumi.dev.yaml`.
        surge: the target's surge of a topology; with it the capacity is checked too.
        limits: what of a topology the target can't do.
        target: the target's name.

    Raises:
        ConfigurationError: with every problem.
    """
    problems: list[Problem] = []
    written = _mapping(base, base_source, problems)
    changed = _mapping(overrides, overrides_source, problems)

    def origin(location: Location) -> str:
        return overrides_source if has(changed, location) else base_source

    topology, found = build(Topology, deep_merge(written, changed), "topology", origin)
    problems += found
    if topology is not None:
        problems += _pointless(topology, written, changed, origin)
        beyond = [*limits(topology)]
        if surge is not None:
            beyond += capacity.assess(topology, surge=surge(topology), target=target).problems()
        for problem in beyond:
            top, *location = problem.path.split(".")
            if top != "topology":
                problems.append(replace(problem, source=overrides_source))
                continue
            given = has(written, tuple(location)) or has(changed, tuple(location))
            value = problem.value if given else by_default(problem.value)
            problems.append(replace(problem, source=origin(tuple(location)), value=value))
        if not problems:
            return topology
    raise ConfigurationError(problems)


def _pointless(
    topology: Topology,
    written: Mapping[Any, Any],
    changed: Mapping[Any, Any],
    origin: Callable[[Location], str],
) -> Iterator[Problem]:
    """What was set for the other mode of a store, in the file that chose the mode.

    A stack may switch a store to external and leave the shared file's settings for the other stacks' servers.
    """
    for name, store in (("postgres", topology.postgres), ("redis", topology.redis)):
        mode = (name, "mode")
        for key in store.pointless():
            chosen = has(written, mode) or has(changed, mode)
            if not chosen or has(changed, mode) == has(changed, (name, key)):
                yield Problem(
                    origin((name, key)),
                    f"topology.{name}.{key}",
                    None,
                    f"has no effect with {name}.mode = {store.mode}",
                    f"Remove it, or change {name}.mode",
                )


def _mapping(data: object, source: str, problems: list[Problem]) -> Mapping[Any, Any]:
    if isinstance(data, Mapping):
        return data
    if data is not None:
        problems.append(Problem(source, "topology", None, *NOT_A_SECTION))
    return {}
