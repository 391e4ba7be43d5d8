"""Tier `kubernetes`: the cluster that KUBECONFIG names; one stack for the tests with pods."""

import os
from collections.abc import Iterator

import pytest
from harness.images import images
from harness.pods import Pods
from harness.report import pytest_runtest_makereport  # noqa: F401
from offline.conftest import evaluate, evaluator

__all__ = ["evaluate"]

SMALL = {
    "app": {
        "memory": "384MiB",
        "cpu": 0.25,
        "drain": {"delay": "5s"},
        "health": {"startPeriod": "300s", "interval": "5s", "timeout": "10s", "retries": 2},
    },
    "scaling": {"min": 2, "max": 3, "cpu": 95},
    "loadBalancer": {"cpu": 0.1, "memory": "64MiB"},
    "postgres": {"cpu": 0.3, "memory": "640MiB", "sharedBuffers": "96MiB", "effectiveCacheSize": "300MiB"},
    "redis": {"cpu": 0.1, "memory": "256MiB", "maxmemory": "100MiB"},
}
"""Sized for a node of two cores: in a roll, old and new instances fit beside each other. Patient, for a busy one."""


@pytest.fixture(scope="session")
def pods(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pods]:
    """The tier's stack: two instances behind two pods of nginx, both stores on a volume."""
    own = {"images": images(), "loadBalancer": {"serviceType": "NodePort"}}
    made = Pods(
        evaluator(tmp_path_factory.mktemp("program")), tmp_path_factory.mktemp("manifests"), "agno-ha-pods",
        SMALL, own,
    )  # fmt: skip
    try:
        made.up()
        made.until_ready()
        yield made
    finally:
        if not os.environ.get("AGNO_HA_KEEP"):  # for whoever works on a test
            made.down()
