"""Each kind of setting changed alone touches exactly what it should; all at once they can be brought up."""

from __future__ import annotations

import json

from agno_ha.configuration import deep_merge
from harness.settings import unexpected

from .settings import CASES, POOLER, TOGETHER, WITH_A_POOLER
from .staging import Staging


def test_each_setting_touches_exactly_its_resources(staging: Staging) -> None:
    wrong = unexpected(staging, CASES)
    assert not wrong, json.dumps(wrong, indent=2)


def test_a_pooler_comes_between_the_instances_and_the_database(staging: Staging) -> None:
    assert staging.preview(WITH_A_POOLER) == POOLER


def test_all_of_them_at_once_are_brought_up_and_leave_nothing_to_do(staging: Staging) -> None:
    before = staging.objects()
    change = WITH_A_POOLER
    for case in CASES:
        if case.path in TOGETHER:
            change = deep_merge(change, case.change)
    staging.kubectl("label", "nodes", "--all", "disk=ssd")  # which is then selected
    staging.change(change)
    staging.up()
    staging.pulumi.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    assert staging.preview({}) == {}
    after = staging.objects()
    for kept in (
        "Cluster postgres",
        "PersistentVolumeClaim redis-data",
        "Deployment web",
        "StatefulSet redis",
    ):
        assert after[kept]["metadata"]["uid"] == before[kept]["metadata"]["uid"]
    assert after["PersistentVolumeClaim redis-data"]["spec"]["resources"]["requests"]["storage"] == "20Gi"
    assert after["Cluster postgres"]["spec"]["instances"] == 2
