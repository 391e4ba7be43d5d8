"""The line of topology.yaml or of the stack file that decided what a finding is about."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import yaml
from agno_ha_policies import Finding, Resource
from agno_ha_policies.exceptions import FILE as EXCEPTIONS
from agno_ha_policies.exceptions import LEVELS as ABOUT_EXCEPTIONS
from agno_ha_policies.model import SERVICE

from agno_ha.facts import FACTS

_SPEC = "taskSpec.containerSpec"
_ENV = f"{_SPEC}.env."
_MEMORY = "taskSpec.resources.limits.memoryBytes"
_OWN = {
    ("web", "mode.replicated.replicas"): "scaling.min",
    ("web", f"{_ENV}DB_POOL_SIZE"): "postgres.pool.size",
    ("web", f"{_ENV}DB_MAX_OVERFLOW"): "postgres.pool.overflow",
    ("web", f"{_ENV}DB_POOL_TIMEOUT"): "postgres.pool.timeout",
    ("web", f"{_ENV}WORKERS"): "app.workers",
    ("web", f"{_SPEC}.stopGracePeriod"): "app.drain.grace",
    ("web", f"{_SPEC}.image"): "app.image",
    ("web", _MEMORY): "app.memory",
    ("postgres", _MEMORY): "postgres.memory",
    ("redis", _MEMORY): "redis.memory",
    ("nginx", _MEMORY): "loadBalancer.memory",
    ("pgbouncer", _MEMORY): "postgres.pooler.memory",
    ("scaling", "minCapacity"): "scaling.min",
    ("scaling", "maxCapacity"): "scaling.max",
    ("postgres", "multiAz"): "postgres.highAvailability",
    ("postgres", "backupRetentionPeriod"): "postgres.backups.retention",
    ("redis", "automaticFailoverEnabled"): "redis.highAvailability",
    ("load-balancer", "idleTimeout"): "loadBalancer.idleTimeout",
    ("http", "protocol"): "agno-ha:ecs.loadBalancer.plainHttp",
    **{(room, f"{_SPEC}.image"): f"agno-ha:docker.images.{room}" for room in ("postgres", "redis", "nginx")},
}
"""(room, property) of an AgnoService's own services → the setting that alone decides it."""


class Line(NamedTuple):
    """A line of a file, counted from 1."""

    file: str
    number: int

    def __str__(self) -> str:
        return f"{self.file}:{self.number}"


class Origin:
    """Finds lines in a project's files; files that are missing or broken have none."""

    def __init__(self, root: Path, stack: str) -> None:
        self._stack = f"Pulumi.{stack}.yaml"
        self._files = {name: _compose(root / name) for name in (self._stack, "topology.yaml", EXCEPTIONS)}

    def of(self, finding: Finding, resources: Mapping[str, Resource]) -> Line | None:
        """Return the line that caused a finding; None where no line did, because a default or the program decided."""
        if finding.rule in ABOUT_EXCEPTIONS:
            return self._line(EXCEPTIONS, finding.path.split("."))
        resource = resources.get(finding.urn)
        settings = _settings(finding, resource, resources) if resource is not None else ()
        lines = (self._setting(setting) for setting in settings)
        return next((line for line in lines if line is not None), None)

    def _setting(self, setting: str) -> Line | None:
        if setting.startswith("agno-ha:"):
            key, *below = setting.split(".")
            return self._line(self._stack, ["config", key, *below])
        path = setting.split(".")
        return self._line(self._stack, ["config", "agno-ha:topology", *path]) or self._line(
            "topology.yaml", path
        )

    def _line(self, file: str, path: Sequence[str]) -> Line | None:
        node = self._files[file]
        number = None
        for part in path:
            if isinstance(node, yaml.MappingNode):
                found = next((pair for pair in node.value if pair[0].value == part), None)
                if found is None:
                    return None
                number, node = found[0].start_mark.line + 1, found[1]
            elif isinstance(node, yaml.SequenceNode) and part.isdecimal() and int(part) < len(node.value):
                node = node.value[int(part)]
                number = node.start_mark.line + 1
            else:
                return None
        return None if number is None else Line(file, number)


def _settings(finding: Finding, resource: Resource, resources: Mapping[str, Resource]) -> Sequence[str]:
    if resource.type == SERVICE:
        fact = FACTS.get(finding.path)
        return fact.settings if fact is not None else ()
    parent = resources.get(resource.parent)
    if parent is None or parent.type != SERVICE:
        return ()
    room = resource.name.removeprefix(f"{parent.name}-")
    setting = _OWN.get((room, finding.path))
    if setting is not None:
        return (setting,)
    return (f"app.environment.{finding.path.removeprefix(_ENV)}",) if finding.path.startswith(_ENV) else ()


def _compose(path: Path) -> yaml.Node | None:
    try:
        node: yaml.Node | None = yaml.compose(path.read_text(encoding="utf-8"), yaml.SafeLoader)
    except (OSError, ValueError, yaml.YAMLError):
        return None  # whoever reads its values says what is wrong with it
    return node
