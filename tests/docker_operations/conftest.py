"""Tier `docker_operations`: what is done to a stack that holds data, on stacks of their own, without the CLI."""

from pathlib import Path
from typing import Any

from engine.conftest import _swarm
from harness.deployment import Deployment
from harness.report import pytest_runtest_makereport

__all__ = ["_swarm", "pytest_runtest_makereport"]


def without_pulumi(deployment: Deployment) -> None:
    """Have the command line know how the stack is deployed, as its own `up` would."""
    deployment.workspace.keep(deployment.workspace.private / "deployed-by", "docker")


def patient(directory: Path, stack: str, *, drain: str, **topology: Any) -> Deployment:
    """A stack that is not up, small, and patient with a busy machine."""
    app = {
        "memory": "384MiB",
        "drain": {"delay": drain},
        "health": {"startPeriod": "600s", "interval": "5s", "timeout": "10s"},
    }
    made = Deployment(directory, stack, topology={"app": app, **topology})
    without_pulumi(made)
    made.down()  # what a run that was killed has left behind
    return made
