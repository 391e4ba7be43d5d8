"""Levels and bounds of the rules, in the form of Pulumi's policy configuration, checked in full.

    {"all": "mandatory", "POOL-102": "advisory", "SCALE-001": {"enforcementLevel": "advisory", "floor": 3}}

`<id>-unknown` is the level of what could not be checked. Pulumi itself ignores unknown names silently.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, get_args

from pydantic import ValidationError

from agno_ha_policies.catalogue import RULES
from agno_ha_policies.model import SERVICE, B, Environment, Level, Resource, Rule

UNCHECKED = "-unknown"
"""Suffix of the name under which a rule reports what could not be checked."""

_LEVELS = get_args(Level)


class PolicyConfigurationError(Exception):
    """The configuration names what does not exist or can't be; the text lists every problem."""


def _environment(owner: Resource | None) -> Environment:
    """Return the environment of an AgnoService; prod, the strictest, where it does not say or is missing."""
    value = None if owner is None or owner.type != SERVICE else owner.props.get("environment")
    return value if isinstance(value, str) and value in get_args(Environment) else "prod"  # type: ignore[return-value]


def _bounds(rule: Rule[B], environment: Environment, properties: Mapping[str, Any]) -> B:
    """Return a rule's bounds: its defaults, below the environment's preset, below the configured properties.

    Raises:
        PolicyConfigurationError: a property does not exist or has an impossible value.
    """
    preset = rule.presets.get(environment)
    merged = {**(preset.model_dump(by_alias=True, exclude_unset=True) if preset else {}), **properties}
    try:
        return rule.bounds.model_validate(merged)
    except ValidationError as error:
        raise PolicyConfigurationError("\n".join(_problems(rule, error))) from None


@dataclass(frozen=True)
class Configuration:
    """Levels and bounds; without any configuration the rules' own."""

    levels: Mapping[str, Level] = field(default_factory=dict)
    """By rule id, `<id>-unknown` or `all`."""
    properties: Mapping[str, Mapping[str, Any]] = field(default_factory=dict)
    """By rule id."""

    @classmethod
    def parse(cls, data: Mapping[str, Any]) -> Configuration:
        """Check a configuration as it stands in a file for `--policy-pack-config`.

        Raises:
            PolicyConfigurationError: every problem at once.
        """
        rules = {rule.id: rule for rule in RULES}
        levels: dict[str, Level] = {}
        properties: dict[str, Mapping[str, Any]] = {}
        problems: list[str] = []
        for name, given in data.items():
            entry: Any = {"enforcementLevel": given} if isinstance(given, str) else given
            if name != "all" and name.removesuffix(UNCHECKED) not in rules:
                problems.append(f"{name}: there is no such rule.{_suggestion(name, rules)}")
                continue
            if not isinstance(entry, Mapping):
                problems.append(f"{name}: must be a level or a map of properties.")
                continue
            if entry.get("enforcementLevel") in _LEVELS:
                levels[name] = entry["enforcementLevel"]
            elif "enforcementLevel" in entry:
                problems.append(f"{name}.enforcementLevel: must be one of {', '.join(_LEVELS)}.")
            rest = {key: value for key, value in entry.items() if key != "enforcementLevel"}
            if name in rules:
                properties[name] = rest
                try:
                    _bounds(rules[name], "prod", rest)
                except PolicyConfigurationError as error:
                    problems.append(str(error))
            elif rest:
                problems.append(f"{name}: has a level only, not {', '.join(rest)}.")
        if problems:
            raise PolicyConfigurationError("\n".join(problems))
        return cls(levels, properties)

    def level(self, rule: Rule[Any], *, unknown: bool) -> Level:
        """Return the level of a rule's findings, or of what it could not check."""
        name = rule.id + (UNCHECKED if unknown else "")
        return self.levels.get(name) or self.levels.get("all") or rule.level

    def bounds(self, rule: Rule[B], owner: Resource | None) -> B:
        """Return a rule's bounds for what belongs to an AgnoService, or to none."""
        return _bounds(rule, _environment(owner), self.properties.get(rule.id, {}))


def _problems(rule: Rule[Any], error: ValidationError) -> list[str]:
    names = [info.alias or name for name, info in rule.bounds.model_fields.items()]
    found = []
    for entry in error.errors(include_input=False, include_url=False, include_context=False):
        path = ".".join([rule.id, *map(str, entry["loc"])])
        if entry["type"] == "extra_forbidden":
            found.append(f"{path}: there is no such property.{_suggestion(str(entry['loc'][0]), names)}")
        else:
            found.append(f"{path}: {entry['msg'].removeprefix('Value error, ')}.")
    return found


def _suggestion(name: str, names: Iterable[str]) -> str:
    listed = list(names)
    close = difflib.get_close_matches(name, listed, 1)
    if close:
        return f" Did you mean {close[0]}?"
    return f" There are {', '.join(listed)}." if listed else " It has none."
