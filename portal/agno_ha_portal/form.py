"""A stack's configuration as a form: its fields from the JSON Schema, its messages from the validator."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from agno_ha import targets
from agno_ha.configuration import ConfigurationError, read_yaml
from agno_ha.schema import stack_schema

from agno_ha_portal.configuration import REMOVE, SECTIONS, Configuration
from agno_ha_portal.refusals import Wrong

Kind = Literal["text", "number", "choice", "list", "mapping"]
_ACRONYMS = frozenset(
    {"arn", "cidr", "cpu", "dns", "ecs", "http", "https", "id", "nat", "ssl", "tls", "url", "vpc"}
)

REMOVED = "remove:"
"""Before a field's name: the checkbox that takes out a value which is not shown."""


@dataclass
class Field:
    """One setting."""

    path: str
    """`topology.scaling.max`; also the input's name."""
    label: str
    description: str
    kind: Kind
    schema: Mapping[str, Any]
    choices: tuple[str, ...] = ()
    value: str = ""
    """As the stack's file has it; empty where it has none."""
    inherited: str = ""
    """What holds without: of topology.yaml, or the default."""
    hidden: bool = False
    """May hold a secret: its value is never shown."""
    written: bool = False
    """Whether the stack's file has it."""
    errors: list[str] = field(default_factory=list)


@dataclass
class Group:
    """A section and what is below it."""

    path: str
    label: str
    description: str
    fields: list[Field] = field(default_factory=list)
    groups: list[Group] = field(default_factory=list)

    def all(self) -> Iterator[Field]:
        """Give every field, in order."""
        yield from self.fields
        for group in self.groups:
            yield from group.all()

    @property
    def open(self) -> bool:
        """Whether there is something to see at once."""
        return any(each.written or each.errors for each in self.all())


def build(root: Path, configuration: Configuration) -> Group:
    """Return the form of a stack, with the target's own section of the chosen target alone."""
    schema = _schema(root)
    try:
        base: Mapping[str, Any] = {"topology": read_yaml(root / "topology.yaml")}
    except ConfigurationError:
        base = {}  # its problems are told when something is saved
    others = set(targets.NAMES) - {configuration.values.get("target")}
    top = Group("", "", "")
    known = schema["properties"]["config"]["properties"]
    for name in SECTIONS:
        if name not in others:
            node = _Node(known[f"agno-ha:{name}"], schema["$defs"])
            _add(top, node, name, configuration.values, base)
    return top


def changes(form: Group, posted: Mapping[str, str]) -> dict[str, Any]:
    """Return what differs from the stack's file in a posted form; what was typed stays in the fields."""
    found: dict[str, Any] = {}
    for each in form.all():
        typed = posted.get(each.path, "").strip()
        if each.kind == "mapping":
            continue
        if each.hidden:
            if typed:
                found[each.path] = _parsed(each, typed)
            elif each.written and posted.get(REMOVED + each.path):
                found[each.path] = REMOVE
        elif each.path in posted and typed != each.value:
            found[each.path] = _parsed(each, typed) if typed else REMOVE
            each.value = typed
    return found


def place(form: Group, problems: Sequence[Wrong]) -> list[str]:
    """Put each message at its field, and return those that belong to none."""
    fields = {each.path: each for each in form.all()}
    lost = []
    for wrong in problems:
        parts = wrong.path.removeprefix("agno-ha:").split(".")
        paths = (".".join(parts[:length]) for length in range(len(parts), 0, -1))
        at = next((fields[path] for path in paths if path in fields), None)
        if at is None:
            lost.append(f"{wrong.path}: {wrong.message}")
        else:
            at.errors.append(wrong.message)
    return lost


class _Node:
    """A part of the schema, and the definitions that it refers to."""

    def __init__(self, node: Mapping[str, Any], definitions: Mapping[str, Any]) -> None:
        self.definitions = definitions
        self.resolved = self._resolve(node)

    def _resolve(self, node: Mapping[str, Any]) -> Mapping[str, Any]:
        """Follow references, and see through `or null`."""
        if "$ref" in node:
            return self._resolve(self.definitions[node["$ref"].rpartition("/")[2]] | _without(node, "$ref"))
        options = [option for option in node.get("anyOf", ()) if option.get("type") != "null"]
        return self._resolve(options[0] | _without(node, "anyOf")) if len(options) == 1 else node


def _without(node: Mapping[str, Any], key: str) -> dict[str, Any]:
    return {name: value for name, value in node.items() if name != key}


def _add(group: Group, found: _Node, path: str, values: Mapping[str, Any], base: Mapping[str, Any]) -> None:
    node = found.resolved
    label = _words(path.rpartition(".")[2])
    description = str(node.get("description", ""))
    if "properties" in node:
        section = Group(path, label, description)
        for name, below in node["properties"].items():
            _add(section, _Node(below, found.definitions), f"{path}.{name}", values, base)
        group.groups.append(section)
        return
    written, own = _at(values, path)
    based, inherited = _at(base, path)
    kind = _kind(node)
    made = Field(path, label, description, kind, node, hidden=bool(node.get("writeOnly")), written=written)
    if kind == "choice":
        given = ["true", "false"] if node.get("type") == "boolean" else node.get("enum", [])
        made.choices = tuple(_text(choice) for choice in given if choice is not None)
    if kind == "mapping":
        made.value = f"{len(own)} in the stack's file" if isinstance(own, Mapping) else ""
    elif not made.hidden:
        made.value = _text(own) if written else ""
        made.inherited = _text(inherited) if based else _text(node.get("default"))
    group.fields.append(made)


def _kind(node: Mapping[str, Any]) -> Kind:
    kind = node.get("type")
    if "enum" in node or kind == "boolean":
        return "choice"
    if kind == "object":
        return "mapping"
    if kind == "array":
        return "list"
    return "number" if kind in ("integer", "number") else "text"


def _parsed(each: Field, typed: str) -> Any:
    """Return what a person typed as its YAML value; what does not fit stays text, and the validator says so."""
    if each.kind == "list":
        return [part.strip() for part in typed.split(",") if part.strip()]
    if typed == "null":
        return None
    if each.schema.get("type") == "boolean":
        return {"true": True, "false": False}.get(typed, typed)
    numeric = {each.schema.get("type"), *(other.get("type") for other in each.schema.get("anyOf", ()))}
    if "integer" in numeric or "number" in numeric:
        for number in (int, float):
            try:
                value = number(typed)
            except ValueError:
                continue
            return value if math.isfinite(value) else typed
    return typed


def _text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, list):
        return ", ".join(map(_text, value))
    return str(value)


def _at(values: Any, path: str) -> tuple[bool, Any]:
    for key in path.split("."):
        if not isinstance(values, Mapping) or key not in values:
            return False, None
        values = values[key]
    return True, values


def _words(name: str) -> str:
    """Return a key as a label: `maxConnections` → `Max connections`, `httpPort` → `HTTP port`."""
    words = re.sub("([A-Z])", r" \1", name).lower().split()
    text = " ".join(word.upper() if word in _ACRONYMS else word for word in words)
    return text[:1].upper() + text[1:]


def _schema(root: Path) -> dict[str, Any]:
    """Return the schema that the project has for editors; without one, that of the installed models."""
    path = root / "schema" / "stack.schema.json"
    schema: dict[str, Any] = json.loads(path.read_text()) if path.exists() else stack_schema()
    return schema
