"""What every tier shares: a missing need skips the tier with a line that says so."""

import os
import shutil
import subprocess
from functools import cache
from pathlib import Path

import pytest

SIMULATED = str(Path(__file__).with_name("kubernetes") / "simulated")


@cache
def missing(tier: str) -> str:
    """Why a tier can't run here; empty where it can."""
    if tier in ("docker", "docker_operations", "engine", "engine_operations", "aws_docker"):
        if shutil.which("docker") is None:
            return "no docker command"
        if subprocess.run(["docker", "info"], capture_output=True, check=False).returncode:
            return "no Docker engine answers"
    if tier == "kubernetes":
        if shutil.which("kubectl") is None:
            return "no kubectl on PATH"
        if not os.environ.get("KUBECONFIG"):
            return "KUBECONFIG names no cluster"
        if subprocess.run(["kubectl", "version"], capture_output=True, check=False).returncode:
            return "no cluster answers"
    if tier == "engine_kubernetes":
        told = subprocess.run([SIMULATED, "check"], capture_output=True, text=True, check=False)
        if told.returncode and "AGNO_HA_SIMULATED" not in os.environ:
            return told.stderr.strip()
    if tier == "browser" and shutil.which("chromium") is None:
        return "no chromium on PATH"
    if tier.startswith("engine") and shutil.which("pulumi") is None:
        return "no pulumi on PATH"
    return ""


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    root = Path(__file__).parent
    for item in items:
        tier = item.path.relative_to(root).parts[0]
        if reason := missing(tier):
            item.add_marker(pytest.mark.skip(reason=f"tier {tier}: {reason}"))
