"""The repository's staging stack in a project of its own, and the cluster that it is deployed to."""

from __future__ import annotations

import copy
import json
import os
import subprocess
from pathlib import Path
from typing import Any

from harness.project import Project

NAMESPACE = "agno-ha-staging"
PROTECTED = {"Namespace", "PersistentVolumeClaim", "Cluster", "RandomPassword"}
"""Kinds that hold data outside dev, or open it."""

_ASKED = (
    *("serviceaccounts", "networkpolicies", "configmaps", "secrets", "persistentvolumeclaims", "services"),
    *("statefulsets", "deployments", "poddisruptionbudgets", "horizontalpodautoscalers", "ingresses"),
    *("clusters.postgresql.cnpg.io", "scheduledbackups.postgresql.cnpg.io", "scaledobjects.keda.sh"),
    *("certificates.cert-manager.io", "servicemonitors.monitoring.coreos.com"),
    "prometheusrules.monitoring.coreos.com",
)
"""Every kind that the target makes in a namespace."""


class Staging(Project):
    """The stack in a cluster that a kubeconfig names."""

    def __init__(self, directory: Path, kubeconfig: Path) -> None:
        super().__init__(directory, "staging", "kubernetes", KUBECONFIG=str(kubeconfig))
        self._kubeconfig = kubeconfig
        self._original = copy.deepcopy(self.settings)
        self.first: dict[str, dict[str, Any]] = {}
        """The objects as the first `up` made them."""

    def restore(self) -> None:
        """Take back every change."""
        self.settings = copy.deepcopy(self._original)
        self.change({})

    def kubectl(self, *arguments: str, given: Any = None, check: bool = True) -> str:
        """Run kubectl on the cluster; `given` is an object for its standard input."""
        done = subprocess.run(
            ["kubectl", *arguments],
            input=None if given is None else json.dumps(given), capture_output=True, text=True, check=False,
            env={**os.environ, "KUBECONFIG": str(self._kubeconfig)},
        )  # fmt: skip
        assert not check or done.returncode == 0, f"kubectl {arguments}: {done.stderr}"
        return done.stdout

    def get(self, *arguments: str) -> Any:
        """Return objects of the stack's namespace."""
        return json.loads(self.kubectl("get", "--namespace", NAMESPACE, *arguments, "-o", "json"))

    def web(self) -> dict[str, Any]:
        """Return the instances' Deployment."""
        return dict(self.get("deployment", "web"))

    def image(self) -> str:
        """Return the image that the instances run."""
        return str(self.web()["spec"]["template"]["spec"]["containers"][0]["image"])

    def objects(self, namespace: str = NAMESPACE) -> dict[str, dict[str, Any]]:
        """Return what somebody made in a namespace, `Kind name` → object; not what the cluster adds by itself."""
        known = self.kubectl("api-resources", "--no-headers", "-o", "name").split()
        asked = [kind for kind in _ASKED if any(name.split(".")[0] == kind.split(".")[0] for name in known)]
        items = json.loads(self.kubectl("get", ",".join(asked), "--namespace", namespace, "-o", "json"))[
            "items"
        ]
        return {
            f"{each['kind']} {each['metadata']['name']}": each
            for each in items
            if each["metadata"].get("labels", {}).get("app.kubernetes.io/managed-by") == "agno-ha"
            and "ownerReferences" not in each["metadata"]
        }
