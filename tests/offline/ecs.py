"""The repository's prod stack on ECS, evaluated with no engine, with changes."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pytest
import yaml
from agno_ha import offline, placeholders
from agno_ha.configuration import deep_merge
from agno_ha.offline import Outputs, Plan

ROOT = Path(__file__).parents[2]
PROD: dict[str, Any] = yaml.safe_load((ROOT / "Pulumi.prod.yaml").read_text())["config"]
EcsEvaluate = Callable[..., Plan]


def program(root: Path) -> Path:
    """Copy the repository's program to a directory, and return that."""
    for name in ("__main__.py", "topology.yaml"):
        shutil.copy(ROOT / name, root)
    return root


def evaluate(
    root: Path,
    settings: Mapping[str, Any] | None = None,
    topology: Mapping[str, Any] | None = None,
    environment: str = "prod",
    stack: str = "prod",
    outputs: Outputs | None = None,
    **secrets: str,
) -> Plan:
    """Evaluate the prod stack; what prod says of its own servers is dropped where they are somebody else's."""
    external = {name for name, section in (topology or {}).items() if section.get("mode") == "external"}
    base = {name: value for name, value in PROD["agno-ha:topology"].items() if name not in external}
    config = {
        "agno-ha:target": "ecs",
        "agno-ha:environment": environment,
        "agno-ha:ecs": json.dumps(deep_merge(PROD["agno-ha:ecs"], settings or {})),
        "agno-ha:topology": json.dumps(deep_merge(base, topology or {})),
        "agno-ha:resolveImages": "false",
        **{f"agno-ha:{key}": value for key, value in secrets.items()},
    }
    keys = frozenset(f"agno-ha:{key}" for key in secrets)
    outputs = outputs or partial(placeholders.outputs, f"agno-ha-{stack}")
    return offline.evaluate(root, stack, config, secret_keys=keys, outputs=outputs)


@pytest.fixture(scope="session")
def ecs(tmp_path_factory: pytest.TempPathFactory) -> EcsEvaluate:
    """Evaluate it in a project of its own."""
    return partial(evaluate, program(tmp_path_factory.mktemp("project")))


def kinds(plan: Plan) -> set[tuple[str, str]]:
    """Type and name of each resource; the part of the type that says which."""
    return {(each.type.split(":")[-1], each.name) for each in plan.resources}
