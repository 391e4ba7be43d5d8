"""The policy pack in the real `pulumi` on the staging stack: what it stops, and the same words as `agno-ha check`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml
from harness.policies import as_policies, checked, reported
from harness.project import copy_policies

from .staging import Staging

ABOVE_THE_CEILING: dict[str, Any] = {
    "scaling": {"min": 2, "max": 51},
    "postgres": {"memory": "8GiB", "maxConnections": 1100, "pool": {"size": 5, "overflow": 5}},
}
STRANGER = """
import pulumi_kubernetes as kubernetes

labels = {"app": "stranger"}
container = {"name": "stranger", "image": "busybox", "env": [{"name": "DB_POOL_SIZE", "value": "50"}],
             "securityContext": {"privileged": True}}
kubernetes.apps.v1.Deployment(
    "stranger",
    metadata={"name": "stranger", "namespace": "agno-ha-policies"},
    spec={"selector": {"matchLabels": labels},
          "template": {"metadata": {"labels": labels}, "spec": {"containers": [container]}}},
    opts=pulumi.ResourceOptions(depends_on=[service]),
)
"""


@pytest.fixture
def own(empty: Staging, kubeconfig: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Staging:
    """The stack once more, with a pack of its own; nothing of it is brought up."""
    monkeypatch.setenv("KUBECONFIG", str(kubeconfig))
    made = Staging(tmp_path / "project", kubeconfig)
    made.change({"kubernetes": {"namespace": "agno-ha-policies"}})
    copy_policies(made.pulumi.root)
    return made


def test_the_staging_stack_has_no_finding(own: Staging) -> None:
    assert reported(own.workspace) == as_policies(checked(own.workspace)) == set()


def test_a_mandatory_finding_stops_up_before_anything_is_created(own: Staging) -> None:
    own.change(ABOVE_THE_CEILING)
    findings = checked(own.workspace)
    assert {(each["rule"], each["level"]) for each in findings} >= {("SCALE-001", "mandatory")}
    done = own.pulumi.run("up", "--yes", "--policy-pack", "policies", code=None)
    assert done.returncode == 1
    assert "scaling.max = 51 is above the ceiling of 50" in done.stdout
    assert own.pulumi.resources() == []


def test_the_same_findings_as_agno_ha_check(own: Staging) -> None:
    # The first mandatory finding ends a preview; as advisory ones all are seen.
    own.change(
        {
            "app": {"authentication": "none"},
            "redis": {"maxmemoryPolicy": "allkeys-lru"},
            "environment": "prod",
        }
    )
    with (own.pulumi.root / "__main__.py").open("a") as file:
        file.write(STRANGER)
    for name in ("staging", "prod"):
        (own.pulumi.root / "policies" / f"{name}.yaml").write_text(yaml.safe_dump({"all": "advisory"}))
    findings = checked(own.workspace)
    rules = {each["rule"] for each in findings}
    assert rules >= {"SEC-001", "CACHE-002", "CACHE-202", "POOL-202", "SEC-202", "SEC-203", "OPS-201"}, rules
    assert reported(own.workspace) == as_policies(findings)
