"""From files to a Topology, or to every problem at once.

Nothing here ends in a traceback for a user's mistake: it is a `ConfigurationError`, whose text is meant to be shown.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import replace
from typing import Any, Literal, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from agno_ha import capacity
from agno_ha.topology import Topology
from agno_ha.topology.base import Section, Unprinted
from agno_ha.topology.problem import ConfigurationError, Problem
from agno_ha.yaml_file import read_yaml

__all__ = ["ConfigurationError", "Problem", "Stack", "deep_merge", "load", "read_yaml", "validate"]

_Model = TypeVar("_Model", bound=BaseModel)
_Location = tuple[Any, ...]
_DEEPEST = 20  # levels; the topology has four, and a YAML alias can make a mapping hold itself

_LONGEST = 60  # characters of a value or key in an error
_LARGEST = 10**15

_NESTED_SECRET = (
    "a secret must not stand inside the topology, it would reach the state as plain text",
    "Set it with `pulumi config set --secret NAME`, and write NAME where the topology asks for a secret",
)

_MESSAGES = {
    "missing": ("is required", "Add it"),
    "int_type": ("must be a whole number", "Write digits only, without quotes"),
    "float_type": ("must be a number", "Write a number, without quotes and unit"),
    "finite_number": ("must be a finite number", "Write a number, without quotes and unit"),
    "bool_type": ("must be true or false", "Write true or false, without quotes"),
    "string_type": ("must be text", "Put it in quotes"),
    "string_unicode": ("must be valid Unicode", "Remove what is not a character"),
    "model_type": ("must be a section", "Write its settings as indented `name: value` lines below it"),
    "dict_type": ("must be a mapping", "Write it as indented `NAME: value` lines below it"),
    "invalid_key": ("has a key that is not text", "Put the key in quotes"),
}


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
    if _level > _DEEPEST:
        raise ConfigurationError([Problem("", "file", None, "nested too deeply", "Flatten it")])
    merged = dict(base)
    for key, value in overrides.items():
        below = merged.get(key)
        if isinstance(below, Mapping) and value is None:
            continue
        both = isinstance(below, Mapping) and isinstance(value, Mapping)
        merged[key] = deep_merge(below, value, _level=_level + 1) if both else value
    return merged


def load(
    base: Any,
    overrides: Any = None,
    *,
    base_source: str = "topology.yaml",
    overrides_source: str = "",
    overrides_secret: bool = False,
    surge: Callable[[Topology], int] | None = None,
    target: str = "",
) -> Topology:
    """Build the topology of one stack.

    Args:
        base: what `topology.yaml` holds.
        overrides: what the stack's `agno-ha:topology` holds.
        base_source: the first file's name, for errors.
        overrides_source: the second's, such as `Pulumi.dev.yaml`.
        overrides_secret: Pulumi says that `agno-ha:topology` is secret, because a leaf of it is.
        surge: the target's surge of a topology; with it the capacity is checked too.
        target: the target's name.

    Raises:
        ConfigurationError: with every problem.
    """
    problems: list[Problem] = []
    if overrides_secret:
        problems.append(Problem(overrides_source, "agno-ha:topology", None, *_NESTED_SECRET))
        raise ConfigurationError(problems)
    written, changed = _mapping(base, base_source, problems), _mapping(overrides, overrides_source, problems)

    def origin(location: _Location) -> str:
        return overrides_source if _has(changed, location) else base_source

    topology, found = _validate(Topology, deep_merge(written, changed), "topology", origin)
    problems += found
    if topology is not None:
        problems += _pointless(topology, written, changed, origin)
        if surge is not None:
            for problem in capacity.assess(topology, surge=surge(topology), target=target).problems():
                location = tuple(problem.path.split(".")[1:])
                problems.append(replace(problem, source=origin(location)))
        if not problems:
            return topology
    raise ConfigurationError(problems)


def validate(
    model: type[_Model], data: Any, path: str, source: str = ""
) -> tuple[_Model | None, list[Problem]]:
    """Build any section from what a file holds under `path`, such as `agno-ha:docker`; None if there are problems."""
    return _validate(model, data, path, lambda _: source)


def _validate(
    model: type[_Model], data: Any, path: str, origin: Callable[[_Location], str]
) -> tuple[_Model | None, list[Problem]]:
    secrets = list(_nested_secrets(data))
    problems = [Problem(origin(at), _path(path, at), None, *_NESTED_SECRET) for at in secrets]
    try:
        built = model.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        for entry in error.errors(include_url=False, include_input=False):
            location = entry["loc"]
            if any(location[: len(at)] == at for at in secrets):
                continue
            for at, message, fix, fallback in _explained(model, entry):
                written = _shown(_get(data, at)) if _has(data, at) else fallback
                value = written if _printable(model, at) else None
                problems.append(Problem(origin(at), _path(path, at), value, message, fix))
        return None, problems
    return (None, problems) if problems else (built, [])


def _explained(
    model: type[BaseModel], entry: ErrorDetails
) -> Iterator[tuple[_Location, str, str, str | None]]:
    """Where, the bound, the fix, and the value to show if none is written, of one of pydantic's errors."""
    location, kind, context = entry["loc"], entry["type"], entry.get("ctx", {})
    if location[-1:] == ("[key]",):
        location, kind = location[:-2], "invalid_key"
    if kind == "conflicts":
        for conflict in context["conflicts"]:
            below = tuple(conflict.path.split("."))
            default = _shown(_get(context["values"], below))
            yield (*location, *below), conflict.message, conflict.fix, default and f"{default} (default)"
    elif kind == "invalid":
        yield location, context["message"], context["fix"], None
    elif kind == "extra_forbidden":
        yield location, "unknown key", _suggestion(_section_at(model, location[:-1]), location[-1]), None
    elif kind == "literal_error":
        yield location, f"must be {context['expected'].replace(chr(39), '')}", "Choose one of them", None
    elif kind == "invalid_key":
        yield location[:-1] if entry["type"] == "invalid_key" else location, *_MESSAGES[kind], None
    else:
        yield location, *_MESSAGES.get(kind, (entry["msg"], "Correct it")), None


def _suggestion(section: type[BaseModel] | None, key: object) -> str:
    known = [field.alias or name for name, field in section.model_fields.items()] if section else []
    close = difflib.get_close_matches(to_camel(str(key)), known, n=1)
    return f"Did you mean `{close[0]}`?" if close else f"Remove it; known are {', '.join(known)}"


def _pointless(
    topology: Topology,
    written: Mapping[Any, Any],
    changed: Mapping[Any, Any],
    origin: Callable[[_Location], str],
) -> Iterator[Problem]:
    """What was set for the other mode of a store, in the file that chose the mode.

    A stack may switch a store to external and leave the shared file's settings for the other stacks' servers.
    """
    for name, store in (("postgres", topology.postgres), ("redis", topology.redis)):
        mode = (name, "mode")
        for key in store.pointless():
            switched = _has(changed, mode) != _has(changed, (name, key)) and _has(written, mode)
            if not switched:
                yield Problem(
                    origin((name, key)),
                    f"topology.{name}.{key}",
                    None,
                    f"has no effect with {name}.mode = {store.mode}",
                    f"Remove it, or change {name}.mode",
                )


def _mapping(data: Any, source: str, problems: list[Problem]) -> Mapping[Any, Any]:
    if data is None or isinstance(data, Mapping):
        return data if data is not None else {}
    problems.append(Problem(source, "topology", None, *_MESSAGES["model_type"]))
    return {}


def _nested_secrets(data: Any, at: _Location = ()) -> Iterator[_Location]:
    if isinstance(data, Mapping) and len(at) <= _DEEPEST:
        if set(data) == {"secure"}:
            yield at
        else:
            for key, value in data.items():
                yield from _nested_secrets(value, (*at, key))


def _has(data: Any, location: _Location) -> bool:
    for key in location:
        if not isinstance(data, Mapping) or key not in data:
            return False
        data = data[key]
    return True


def _get(data: Any, location: _Location) -> Any:
    for key in location:
        data = data[key]
    return data


def _section_at(model: type[BaseModel] | None, location: _Location) -> type[BaseModel] | None:
    for key in location:
        field = _field(model, key)
        kinds = (field.annotation, *get_args(field.annotation)) if field else ()
        model = next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)
    return model


def _field(model: type[BaseModel] | None, key: object) -> FieldInfo | None:
    fields = model.model_fields.items() if model else ()
    return next((field for name, field in fields if (field.alias or name) == key), None)


def _printable(model: type[BaseModel], location: _Location) -> bool:
    """Whether a known setting stands there that can't be a secret."""
    for depth, key in enumerate(location):
        field = _field(_section_at(model, location[:depth]), key)
        if field is None or any(isinstance(mark, Unprinted) for mark in field.metadata):
            return False
    return True


def _shown(value: Any) -> str | None:
    if isinstance(value, str):
        if not value.isprintable() or len(value) > _LONGEST:
            return None
        return f'"{value}"' if not re.match(r"[A-Za-z/.]|\d+ ?[A-Za-z]", value) else value
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < _LARGEST):
        return f"{value:.15g}"
    return None


def _path(path: str, location: _Location) -> str:
    for key in location:
        text = (
            key if isinstance(key, str) and key.isprintable() and len(key) <= _LONGEST else type(key).__name__
        )
        path += text if path.endswith(":") else f".{text}"
    return path
