"""One simulated cluster for the tier, in which the stack is up."""

from __future__ import annotations

import os
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
from harness.project import POLICIES, ROOT
from harness.service import wait_for

from .staging import Staging

_SCRIPT = str(ROOT / "tests" / "kubernetes" / "simulated")
_BINARIES = Path(os.environ.get("KUBERNETES_BINARIES") or Path.home() / ".cache" / "agno-ha" / "kubernetes")
_METRICS = {
    "apiVersion": "apiextensions.k8s.io/v1",
    "kind": "CustomResourceDefinition",
    "metadata": {
        "name": "pods.metrics.k8s.io",
        "annotations": {"api-approved.kubernetes.io": "unapproved, for a test"},
    },
    "spec": {
        "group": "metrics.k8s.io",
        "scope": "Namespaced",
        "names": {"kind": "PodMetrics", "listKind": "PodMetricsList", "plural": "pods", "singular": "pod"},
        "versions": [
            {
                "name": "v1beta1", "served": True, "storage": True,
                "schema": {"openAPIV3Schema": {"type": "object", "x-kubernetes-preserve-unknown-fields": True}},
            }
        ],
    },
}  # fmt: skip
"""In the place of metrics-server, which measures nothing where nothing runs."""


@pytest.fixture(scope="session")
def kubeconfig() -> Iterator[Path]:
    """A simulated cluster, without any operator."""
    if kept := os.environ.get("AGNO_HA_SIMULATED"):  # for whoever works on a test
        yield Path(kept)
        return
    started = subprocess.run([_SCRIPT, "start"], capture_output=True, text=True, check=False)
    assert started.returncode == 0, started.stderr  # another's cluster is not this one's to stop
    try:
        told = dict(word.partition("=")[::2] for word in shlex.split(started.stdout))
        yield Path(told["KUBECONFIG"])
    finally:
        subprocess.run([_SCRIPT, "stop"], check=True)


@pytest.fixture(scope="session")
def bare(kubeconfig: Path, tmp_path_factory: pytest.TempPathFactory) -> Staging:
    """The stack, and a cluster that has nothing beside Kubernetes."""
    return Staging(tmp_path_factory.mktemp("staging"), kubeconfig)


@pytest.fixture(scope="session")
def empty(bare: Staging) -> Staging:
    """The stack before its first `up`, and a cluster that has the operators' kinds and an API of metrics."""
    bare.kubectl("apply", "--server-side", "-f", str(_BINARIES / "crds"))
    bare.kubectl("apply", "--server-side", "-f", "-", given=_METRICS)
    bare.kubectl(
        "wait", "--for", "condition=Established", "customresourcedefinitions", "--all", "--timeout", "60s"
    )
    bare.secret("searchKey", "sk-search/+?=&%20-never-plain")
    return bare


@pytest.fixture(scope="session")
def staging(empty: Staging) -> Staging:
    """The stack, up, with the policies, as docs/kubernetes.md says."""
    empty.pulumi.run("up", "--yes", "--policy-pack", POLICIES)
    wait_for(lambda: empty.web()["spec"]["replicas"] == 2, 60, "the HPA's least")
    empty.first = empty.objects()
    return empty
