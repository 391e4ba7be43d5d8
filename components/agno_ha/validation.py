"""From any value to a section of the configuration, or to what is wrong with it, without showing a secret."""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar, get_args

from pydantic import BaseModel, ValidationError
from pydantic.alias_generators import to_camel
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from agno_ha.topology.base import Unprinted
from agno_ha.topology.problem import Problem

Model = TypeVar("Model", bound=BaseModel)
Location = tuple[Any, ...]
"""Keys from the top of a section to a setting."""

DEEPEST = 6
"""Levels that are looked at; the topology has four, and a YAML alias can make a mapping hold itself."""

_LONGEST = 60  # characters of a value or key in an error
_LARGEST = 10**15
_NO_TEXT = {"true", "false", "yes", "no", "on", "off", "null"}

_NESTED_SECRET = (
    "a secret must not stand here, it would reach the state as plain text",
    "Set it with `pulumi config set --secret NAME`, and write NAME where the topology asks for a secret",
)

NOT_A_SECTION = ("must be a section", "Write its settings as indented `name: value` lines below it")

_MESSAGES = {
    "missing": ("is required", "Add it"),
    "int_type": ("must be a whole number", "Write digits only, without quotes"),
    "float_type": ("must be a number", "Write a number, without quotes and unit"),
    "finite_number": ("must be a finite number", "Write a number, without quotes and unit"),
    "bool_type": ("must be true or false", "Write true or false, without quotes"),
    "string_type": ("must be text", "Put it in quotes"),
    "model_type": NOT_A_SECTION,
    "list_type": ("must be a list", "Write one a line, each after a dash"),
    "dict_type": ("must be a mapping", "Write it as indented `NAME: value` lines below it"),
    "invalid_key": ("has a key that is not text", "Put the key in quotes"),
}


def validate(
    model: type[Model], data: Any, path: str, source: str = ""
) -> tuple[Model | None, list[Problem]]:
    """Build a section from what a file holds under `path`, such as `agno-ha:docker`; None with problems."""
    return build(model, data, path, lambda _: source)


def build(
    model: type[Model], data: Any, path: str, origin: Callable[[Location], str]
) -> tuple[Model | None, list[Problem]]:
    """`validate`, where `origin` tells the file of each setting."""
    secrets = list(_nested_secrets(data))
    problems = [Problem(origin(at), _path(model, path, at), None, *_NESTED_SECRET) for at in secrets]
    try:
        built = model.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        for entry in error.errors(include_url=False, include_input=False):
            location = entry["loc"]
            if any(location[: len(at)] == at for at in secrets):
                continue
            for at, message, fix, fallback in _explained(model, entry):
                written = _shown(_get(data, at)) if has(data, at) else fallback
                value = written if _printable(model, at) else None
                problems.append(Problem(origin(at), _path(model, path, at), value, message, fix))
        return None, problems
    return (None, problems) if problems else (built, [])


def _explained(
    model: type[BaseModel], entry: ErrorDetails
) -> Iterator[tuple[Location, str, str, str | None]]:
    """Where, the bound, the fix, and the value to show if none is written, of one of pydantic's errors."""
    location, kind, context = entry["loc"], entry["type"], entry.get("ctx", {})
    if location[-1:] == ("[key]",):
        location, kind = location[:-2], kind if kind == "invalid" else "invalid_key"
    if kind == "conflicts":
        for conflict in context["conflicts"]:
            below = tuple(conflict.path.split("."))
            default = _get(context["values"], below) if has(context["values"], below) else None
            shown = None if default is None else by_default(_shown(default))
            yield (*location, *below), conflict.message, conflict.fix, shown
    elif kind == "invalid":
        yield location, context["message"], context["fix"], None
    elif kind == "extra_forbidden":
        yield location, "unknown key", _suggestion(model, location), None
    elif kind == "literal_error":
        yield location, f"must be {context['expected'].replace(chr(39), '')}", "Choose one of them", None
    elif kind == "invalid_key":
        yield location[:-1] if entry["type"] == "invalid_key" else location, *_MESSAGES[kind], None
    else:
        yield location, *_MESSAGES.get(kind, (entry["msg"], "Correct it")), None


def _suggestion(model: type[BaseModel], location: Location) -> str:
    fields = [*_fields(model, location[:-1])]
    section = _section(fields[-1]) if fields else model
    known = [field.alias or name for name, field in section.model_fields.items()] if section else []
    close = difflib.get_close_matches(to_camel(str(location[-1])), known, n=1)
    if close:
        return f"Did you mean `{close[0]}`?"
    return f"Remove it; known are {', '.join(known)}" if known else "Remove it"


def _nested_secrets(data: Any, at: Location = ()) -> Iterator[Location]:
    if isinstance(data, Mapping) and len(at) <= DEEPEST:
        if set(data) == {"secure"}:
            yield at
        else:
            for key, value in data.items():
                yield from _nested_secrets(value, (*at, key))


def by_default(text: str | None) -> str | None:
    """How a value is shown that stands in no file."""
    return None if text is None else f"{text} (default)"


def has(data: Any, location: Location) -> bool:
    """Whether `data` holds a value there, null included."""
    for key in location:
        if not isinstance(data, Mapping) or key not in data:
            return False
        data = data[key]
    return True


def _get(data: Any, location: Location) -> Any:
    for key in location:
        data = data[key]
    return data


def _fields(model: type[BaseModel], location: Location) -> Iterator[FieldInfo | None]:
    """The field behind each key of a location; None below what the model knows."""
    section: type[BaseModel] | None = model
    for key in location:
        fields = section.model_fields.items() if section else ()
        field = next((field for name, field in fields if (field.alias or name) == key), None)
        yield field
        section = _section(field)


def _section(field: FieldInfo | None) -> type[BaseModel] | None:
    kinds = (field.annotation, *get_args(field.annotation)) if field else ()
    return next((kind for kind in kinds if isinstance(kind, type) and issubclass(kind, BaseModel)), None)


def _unprinted(field: FieldInfo | None) -> bool:
    return field is None or any(isinstance(mark, Unprinted) for mark in field.metadata)


def _printable(model: type[BaseModel], location: Location) -> bool:
    """Whether the value there can be shown: a known setting, no section, and nothing that may be a secret."""
    fields = list(_fields(model, location))
    return not any(map(_unprinted, fields)) and _section(fields[-1] if fields else None) is None


def _shown(value: Any) -> str | None:
    if isinstance(value, str):
        if not value.isprintable() or len(value) > _LONGEST:
            return None
        # In quotes what would read as something else than text.
        text = re.match(r"[A-Za-z/.]|\d+ ?[A-Za-z]", value) and value.lower() not in _NO_TEXT
        return value if text else f'"{value}"'
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, float) or (isinstance(value, int) and abs(value) < _LARGEST):
        return f"{value:.15g}"
    return None


def _path(model: type[BaseModel], path: str, location: Location) -> str:
    """Join the keys; one that is no name is shown as `?`, it may hold a value (`password:x`)."""
    names = re.compile(r"[\w-]+")
    for key, field in zip(location, _fields(model, location), strict=True):
        known = isinstance(key, int) or (len(str(key)) <= _LONGEST and names.fullmatch(str(key)))
        path += f"{'' if path.endswith(':') else '.'}{key if known else '?'}"
        if field is not None and _unprinted(field):
            # Below are names of the environment, or what was mistaken for one.
            names = re.compile(r"[A-Z_][A-Z0-9_]*")
    return path
