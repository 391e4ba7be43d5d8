"""Tier `engine_operations`: operations and the portal, on stacks of their own through the real `pulumi`."""

from engine.conftest import _swarm, pinned
from harness.report import pytest_runtest_makereport

__all__ = ["_swarm", "pinned", "pytest_runtest_makereport"]
