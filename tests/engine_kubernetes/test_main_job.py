"""`pulumi up` of the staging stack in a real cluster, that KUBECONFIG names: its pods answer, and go."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from harness.cluster import kubectl
from harness.conversation import six_turns, talk
from harness.images import images
from harness.load import Load
from harness.pods import Pods
from harness.project import copy_policies
from harness.report import pytest_runtest_makereport  # noqa: F401
from harness.service import wait_for
from harness.sizes import SMALL

from .staging import NAMESPACE, Staging

ONE_NODE: dict[str, Any] = {
    **SMALL,
    # Beside the other tier's stack on the same two cores.
    "app": {**SMALL["app"], "cpu": 0.15},
    "loadBalancer": {**SMALL["loadBalancer"], "cpu": 0.05},
    # CloudNativePG's operator is no Go module that can be had; staging keeps its data, and this cluster does not.
    "postgres": {**SMALL["postgres"], "cpu": 0.2, "highAvailability": False},
    "environment": "dev",
}


class Deployed(Pods):
    """The stack's pods, brought up by the engine."""

    def __init__(self, staging: Staging) -> None:
        super().__init__(lambda *_, **__: pytest.fail("nothing is rendered"), Path(), NAMESPACE, {}, {})
        self.staging = staging

    def up(self, *, timeout: float = 900) -> None:
        self.staging.up()  # the policies would not have so small a database
        self._keep_passwords()


@pytest.fixture(scope="module")
def deployed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployed]:
    kubeconfig = os.environ.get("KUBECONFIG", "")
    if not kubeconfig:
        pytest.skip("KUBECONFIG names no real cluster")
    staging = Staging(tmp_path_factory.mktemp("real"), Path(kubeconfig))
    staging.change(
        {**ONE_NODE, "kubernetes": {"images": images(), "loadBalancer": {"serviceType": "NodePort"}}}
    )
    made = Deployed(staging)
    try:
        made.up()
        # `up` waits for the first; the others are the autoscaler's.
        wait_for(lambda: len(made.ready("web")) >= 2, 600, "both instances", 2)
        made.until_ready()
        yield made
    finally:
        staging.pulumi.run("destroy", "--yes", "--skip-preview", code=None)
        made.down()


def test_the_conversation_is_answered_by_two_pods_or_more(deployed: Deployed) -> None:
    six_turns(deployed)


def test_the_stores_are_tuned_as_asked(deployed: Deployed) -> None:
    assert deployed.sql("SHOW max_connections") == [["200"]]
    assert deployed.sql("SHOW shared_buffers") == [["96MB"]]
    assert deployed.sql("SHOW effective_cache_size") == [["300MB"]]
    assert deployed.redis("CONFIG", "GET", "maxmemory").splitlines() == ["maxmemory", str(100 * 1024**2)]
    assert deployed.redis("CONFIG", "GET", "maxmemory-policy").splitlines()[1] == "noeviction"


def test_the_url_and_the_key_are_told(deployed: Deployed) -> None:
    outputs = json.loads(deployed.staging.pulumi.run("stack", "output", "--json", "--show-secrets").stdout)
    assert outputs["url"] == f"https://balancer.{NAMESPACE}.svc"
    assert outputs["securityKey"] == deployed.key
    with deployed.client() as client:
        assert client.get("/agents", headers={"Authorization": ""}).status_code == 401


def test_nothing_changed_touches_nothing(deployed: Deployed) -> None:
    deployed.staging.pulumi.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    deployed.staging.up("--expect-no-changes")


def test_status_and_logs_are_the_pods(deployed: Deployed) -> None:
    told = json.loads(deployed.staging.pulumi.agno_ha("status", "--json").stdout)
    assert {row["room"]: row["running"] for row in told["services"]} == {
        "web": len(deployed.ready("web")), "nginx": 2, "postgres": 1, "redis": 1,
    }  # fmt: skip
    assert '"path"' in deployed.staging.pulumi.agno_ha("logs", "web", "--tail", "50").stdout


def test_a_backup_brings_back_what_was(deployed: Deployed, tmp_path: Path) -> None:
    agno_ha = deployed.staging.pulumi.agno_ha
    talk(deployed, "kept", 1)
    agno_ha("backup", "--out", str(tmp_path / "backup"))
    talk(deployed, "kept", 2)
    agno_ha("restore", str(tmp_path / "backup"), "--yes")
    deployed.until_ready()
    talk(deployed, "kept", 2)


def test_other_passwords_under_load(deployed: Deployed) -> None:
    pack = copy_policies(deployed.staging.pulumi.root)
    (pack / "dev.yaml").write_text(yaml.safe_dump({"all": "advisory"}))  # so small a database
    before = dict(deployed.passwords)
    with Load(deployed, per_second=3) as load:
        load.reach(20)
        deployed.staging.pulumi.agno_ha("rotate", "--yes")
        wait_for(lambda: load.turns[-1].outcome == "401", 300, "the old key to be refused by every pod")
    print(f"rotated under {len(load.turns)} turns: {len(load.acknowledged)} acknowledged, {load.seen()}")
    assert set(load.seen()) <= {"401", "503"}, load.seen()
    assert all(turn.retry_after for turn in load.turns if turn.outcome == "503")
    deployed._keep_passwords()
    changed = {name for name, password in deployed.passwords.items() if password != before[name]}
    assert changed == set(before) - {"internal_service_token"}
    assert load.lost() == set()
    talk(deployed, "kept", 3)


def test_destroy_leaves_nothing(deployed: Deployed) -> None:
    deployed.staging.pulumi.run("destroy", "--yes", "--skip-preview")
    assert deployed.staging.pulumi.resources() == []
    wait_for(
        lambda: NAMESPACE not in kubectl("get", "namespaces", "-o", "name").stdout,
        120,
        "the namespace to go",
        2,
    )
