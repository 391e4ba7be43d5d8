"""A stack's plan, evaluated with no engine."""

import json
import shutil
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest
from agno_ha import offline, placeholders
from agno_ha.offline import Plan

ROOT = Path(__file__).parents[2]
Evaluate = Callable[..., Plan]


@pytest.fixture
def evaluate(tmp_path: Path) -> Evaluate:
    """Evaluate the program with a topology of its own, and the target's own settings; secrets are `secret-<name>`."""
    return evaluator(tmp_path)


def evaluator(directory: Path) -> Evaluate:
    """Return what evaluates the program from a directory."""
    shutil.copy(ROOT / "__main__.py", directory)
    shutil.copy(ROOT / "topology.yaml", directory)

    def outputs(kind: str, name: str, inputs: Mapping[str, Any]) -> dict[str, str]:
        if kind.startswith("random:"):
            return {"result": f"secret-{name}"}
        return placeholders.outputs("agno-ha-test", kind, name, inputs)

    def run(
        topology: Mapping[str, Any] | None = None,
        environment: str = "dev",
        *,
        target: str = "docker",
        own: Mapping[str, Any] | None = None,
        **secrets: str,
    ) -> Plan:
        config = {
            "agno-ha:target": target,
            f"agno-ha:{target}": json.dumps(own or {}),
            "agno-ha:environment": environment,
            "agno-ha:topology": json.dumps(topology or {}),
            "agno-ha:resolveImages": "false",
            **{f"agno-ha:{key}": value for key, value in secrets.items()},
        }
        keys = frozenset(f"agno-ha:{key}" for key in secrets)
        return offline.evaluate(directory, "test", config, secret_keys=keys, outputs=outputs)

    return run
