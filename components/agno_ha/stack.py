"""A stack's configuration: topology.yaml, the stack file's overrides, the target's settings, the secrets."""

from __future__ import annotations

import difflib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Literal

import pulumi
from pulumi.runtime import config as runtime_config

from agno_ha import configuration, credentials, targets
from agno_ha.configuration import PROJECT, ConfigurationError, Problem, load, read_yaml, validate
from agno_ha.topology import Topology

_SETTINGS = ("target", "environment", "topology", *targets.NAMES)
"""Keys of a stack's configuration that are ours; every other one is a secret's, or the program's."""


@dataclass(frozen=True)
class Stack:
    """Everything that `AgnoService` is made from."""

    target: str
    environment: Literal["dev", "staging", "prod"]
    topology: Topology
    settings: Any
    """The target's own settings, such as `DockerSettings`."""
    has_secrets: bool
    """Whether the platform holds the passwords and keys already."""


def read(base: Path, values: Mapping[str, Any], *, source: str, namespace: str | None = None) -> Stack:
    """Return the stack that `topology.yaml` and one stack's values make; no Pulumi engine needed.

    Args:
        base: path of topology.yaml.
        values: the stack's configuration by its key without `agno-ha:`; objects decoded.
        source: the stack file's name, for errors.
        namespace: prefix of the names on the platform. Default: not looked at.

    Raises:
        ConfigurationError: every problem at once.
    """
    header, problems = validate(
        configuration.Stack, {key: values[key] for key in ("target", "environment") if key in values},
        path="agno-ha:", source=source,
    )  # fmt: skip
    problems += _misspelt(values, source)
    target = str(values.get("target"))
    settings: Any = None
    module = targets.choose(target)
    if module is not None:
        settings, found = validate(
            module.Settings, values.get(target) or {}, path=f"agno-ha:{target}", source=source
        )
        problems += found
    topology: Topology | None = None
    try:
        topology = load(
            read_yaml(base),
            values.get("topology") or {},
            base_source=base.name,
            overrides_source=source,
            surge=module.surge if module else None,
            # The target's limits depend on its settings: where these are wrong, they are told first.
            limits=(
                partial(module.problems, settings=settings, namespace=namespace)
                if module and settings
                else lambda _: ()
            ),
            target=target,
        )
    except ConfigurationError as error:
        problems += error.problems
    if problems or topology is None or header is None or module is None:
        raise ConfigurationError(problems)
    return Stack(header.target, header.environment, topology, settings, module.has_secrets(settings))


def _misspelt(values: Mapping[str, Any], source: str) -> Iterator[Problem]:
    """Name keys that are nearly a setting's: Pulumi takes any key, and the setting would be as if it were not there."""
    for key in values:
        close = difflib.get_close_matches(key, _SETTINGS, 1, 0.75)
        if close and key not in _SETTINGS:
            fix = f"Did you mean {PROJECT}:{close[0]}?"
            yield Problem(source, f"{PROJECT}:{key}", None, "is no setting of a stack", fix)


def current(root: Path | None = None) -> tuple[Stack, dict[str, pulumi.Output[str]]]:
    """Return the running program's stack, and its top-level secrets by configuration key.

    Raises:
        ConfigurationError: every problem at once, missing secrets included.
    """
    root = root or Path.cwd()
    source = f"Pulumi.{pulumi.get_stack()}.yaml"
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    given = {**runtime_config.get_config_env(), **runtime_config.CONFIG.get()}
    others = {key.removeprefix(f"{PROJECT}:") for key in given if key.startswith(f"{PROJECT}:")}
    for key in (*_SETTINGS, *sorted(others - {*_SETTINGS})):
        full = f"{PROJECT}:{key}"
        text = runtime_config.get_config(full)
        if text is None:
            continue
        if runtime_config.is_config_secret(full):
            if key not in _SETTINGS:
                continue
            problems.append(
                Problem(
                    source,
                    full,
                    None,
                    "holds a secret, which would reach the state as plain text",
                    "Move it to a top-level key: pulumi config set --secret <key>, and name that key here",
                )
            )
        values[key] = text if key in ("target", "environment") else _decoded(text)
    if problems:
        raise ConfigurationError(problems)
    namespace = f"{pulumi.get_project()}-{pulumi.get_stack()}"
    stack = read(root / "topology.yaml", values, source=source, namespace=namespace)
    return stack, _secrets(stack.topology, source, existing=stack.has_secrets)


def _secrets(topology: Topology, source: str, *, existing: bool) -> dict[str, pulumi.Output[str]]:
    secrets: dict[str, pulumi.Output[str]] = {}
    problems: list[Problem] = []
    for key, path in credentials.needed(topology, existing=existing).items():
        full = f"{PROJECT}:{key}"
        value = runtime_config.get_config(full)
        if value is not None and runtime_config.is_config_secret(full):
            secrets[key] = pulumi.Output.secret(value)
            continue
        # The key is not shown: it may be the secret itself, written in the wrong place.
        wrong = "does not have" if value is None else "holds as plain text"
        fix = "Run `pulumi config set --secret KEY` with the key that stands there"
        problems.append(Problem(source, path, None, f"names a secret that this stack {wrong}", fix))
    if problems:
        raise ConfigurationError(problems)
    return secrets


def _decoded(text: str) -> Any:
    try:
        return json.loads(text)
    except json.JSONDecodeError:
        return text
