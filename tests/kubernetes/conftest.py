"""Tier `kubernetes`: the cluster that KUBECONFIG names; one stack for the tests with pods."""

import os
from collections.abc import Iterator

import pytest
from harness.images import images
from harness.load import Load
from harness.pods import Pods
from harness.report import pytest_runtest_makereport  # noqa: F401
from harness.service import wait_for
from harness.sizes import INSTANCES, SMALL
from offline.conftest import evaluate, evaluator

__all__ = ["INSTANCES", "SMALL", "evaluate"]

RATE = 3
"""Turns per second."""


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
        # At first there is one, which the autoscaler makes `scaling.min`.
        wait_for(lambda: len(made.ready("web")) == INSTANCES, 300, "the instances")
        made.until_ready()
        yield made
    finally:
        if not os.environ.get("AGNO_HA_KEEP"):  # for whoever works on a test
            made.down()


@pytest.fixture
def settled(pods: Pods) -> Pods:
    """The stack as SMALL says, whatever the test before has left."""
    if pods.change_back():
        pods.up()
    wait_for(lambda: len(pods.ready("web")) == INSTANCES, 300, "the pods of the test before")
    return pods


def told(load: Load, what: str) -> None:
    """Print what became of a load."""
    slowest = max(turn.seconds for turn in load.turns)
    print(
        f"{what}; {len(load.acknowledged)} acknowledged, slowest {slowest:.2f} s, failures {load.seen()}",
        flush=True,
    )
