"""Levels and bounds of the rules: one file an environment in the pack's directory, checked in full.

    # policies/dev.yaml
    SCALE: {level: advisory}               # a family, or `all`
    POOL-101: {unknown: mandatory}         # the level of what could not be checked
    SCALE-001: {level: mandatory, floor: 1, ceiling: 20}
    OPS-102: disabled                      # short for {level: disabled}

What a file does not say is the environment's preset, which stands with each rule. `--policy-pack-config` is not
used: Pulumi ignores what is wrong in it.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self, get_args

from agno_ha.topology.base import Section
from agno_ha.topology.problem import ConfigurationError, Problem
from agno_ha.validation import validate
from agno_ha.yaml_file import read_yaml

from agno_ha_policies.catalogue import RULES
from agno_ha_policies.exceptions import Exemption
from agno_ha_policies.exceptions import read as read_exceptions
from agno_ha_policies.model import (
    ENVIRONMENTS,
    SERVICE,
    B,
    Bounds,
    Environment,
    Level,
    Resource,
    Rule,
    Unread,
)

STRICT = frozenset({"SCALE", "POOL"})
"""Families whose unknown values stop a deployment outside dev: too many connections take everything down."""

_LEVELS: tuple[Level, ...] = get_args(Level)  # the strictest first


class _Levels(Section):
    level: Level | None = None
    """Of findings; default null: what is less specific decides."""
    unknown: Level | None = None
    """Of what could not be checked; likewise."""


@dataclass(frozen=True)
class Settings:
    """Levels and bounds of one environment."""

    environment: Environment = "prod"
    levels: Mapping[str, _Levels] = field(default_factory=dict)
    """By rule id, family or `all`."""
    given: Mapping[str, Bounds] = field(default_factory=dict)
    """By rule id."""

    @classmethod
    def parse(cls, data: Mapping[Any, Any], environment: Environment = "prod", source: str = "") -> Self:
        """Check what a file holds.

        Args:
            data: the file's content.
            environment: whose preset holds below it.
            source: the file's name, for errors.

        Raises:
            ConfigurationError: every problem at once.
        """
        rules = {rule.id: rule for rule in RULES}
        known = [*rules, *dict.fromkeys(rule.family for rule in RULES), "all"]
        levels: dict[str, _Levels] = {}
        given: dict[str, Bounds] = {}
        problems: list[Problem] = []
        for name, value in data.items():
            if name not in known:
                problems.append(
                    Problem(source, _shown(name), None, "there is no such rule", _fix(name, known))
                )
                continue
            entry = {"level": value} if isinstance(value, str) else value
            if not isinstance(entry, Mapping):
                fix = f"Write {', '.join(_LEVELS)}, or indented settings"
                problems.append(Problem(source, name, None, "must be a level or a section", fix))
                continue
            own = {key: entry[key] for key in _Levels.model_fields if key in entry}
            rest = {key: entry[key] for key in entry if key not in own}
            checked, found = validate(_Levels, own, name, source)
            if checked is not None:
                levels[name] = checked
            problems += found
            if name in rules:
                bounds, found = _bounds(rules[name], environment, rest, source)
                if bounds is not None:
                    given[name] = bounds
                problems += found
            else:
                problems += [
                    Problem(
                        source, f"{name}.{_shown(key)}", None, "is no level", "Give it to a rule, by its id"
                    )
                    for key in rest
                ]
        if problems:
            raise ConfigurationError(problems)
        return cls(environment, levels, given)

    def level(self, rule: Rule[Any], unread: Unread | None = None) -> Level:
        """Return the level of a rule's findings, or of what it could not check, which is never stricter."""
        names = (rule.id, rule.family, "all")
        chosen = [self.levels[name] for name in names if name in self.levels]
        level = next((entry.level for entry in chosen if entry.level), None)
        level = level or rule.levels.get(self.environment, rule.level)
        if unread is None:
            return level
        strict = rule.family in STRICT and self.environment != "dev" and not unread.soon
        wanted = next((entry.unknown for entry in chosen if entry.unknown), None)
        return max(wanted or ("mandatory" if strict else "advisory"), level, key=_LEVELS.index)

    def bounds(self, rule: Rule[B]) -> B:
        """Return a rule's bounds."""
        given = self.given.get(rule.id)
        return given if isinstance(given, rule.bounds) else preset(rule, self.environment)


@dataclass(frozen=True)
class Configuration:
    """Levels and bounds of every environment, and the exceptions; without files the presets."""

    settings: Mapping[Environment, Settings] = field(
        default_factory=lambda: {name: Settings(name) for name in ENVIRONMENTS}
    )
    exceptions: tuple[Exemption, ...] = ()
    environment: Environment = "prod"
    """Of what belongs to no AgnoService; prod, the strictest, unless the stack says otherwise."""

    @classmethod
    def load(cls, directory: Path, environment: object = None) -> Self:
        """Read `<environment>.yaml` of each environment and `exceptions.yaml`, those that exist.

        Args:
            directory: the pack's, usually `policies`.
            environment: the stack's, as its configuration says; what is none counts as prod.

        Raises:
            ConfigurationError: every problem of every file at once.
        """
        settings: dict[Environment, Settings] = {}
        problems: list[Problem] = []
        for name in ENVIRONMENTS:
            path = directory / f"{name}.yaml"
            try:
                data = read_yaml(path) if path.exists() else {}
                settings[name] = Settings.parse(data, name, f"{directory.name}/{path.name}")
            except ConfigurationError as error:
                problems += error.problems
        exceptions, found = read_exceptions(directory / "exceptions.yaml", [rule.id for rule in RULES])
        problems += found
        if problems:
            raise ConfigurationError(problems)
        return cls(settings, exceptions, _environment(environment))

    def of(self, owner: Resource | None) -> Settings:
        """Return the settings for what belongs to an AgnoService, or to none."""
        if owner is None or owner.type != SERVICE:
            return self.settings[self.environment]
        return self.settings[_environment(owner.props.get("environment"))]


def _environment(value: object) -> Environment:
    return next((name for name in ENVIRONMENTS if name == value), "prod")


def preset(rule: Rule[B], environment: Environment) -> B:
    """Return a rule's bounds in an environment where no file says otherwise."""
    other = rule.presets.get(environment)
    return rule.bounds() if other is None else other


def _bounds(
    rule: Rule[B], environment: Environment, given: Mapping[Any, Any], source: str
) -> tuple[B | None, list[Problem]]:
    below = preset(rule, environment).model_dump(mode="json", by_alias=True)
    return validate(rule.bounds, {**below, **given}, rule.id, source)


def _fix(name: object, known: Iterable[str]) -> str:
    close = difflib.get_close_matches(str(name).upper(), list(known), 1)
    return f"Did you mean {close[0]}?" if close else "docs/policies.md lists them all"


def _shown(key: object) -> str:
    return key if isinstance(key, str) and key.isprintable() and len(key) <= 60 else "?"
