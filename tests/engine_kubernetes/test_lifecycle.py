"""The staging stack through its life: preview, up, nothing changed, rolls, the autoscaler, drift."""

from __future__ import annotations

import base64
import json
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from harness.service import wait_for

from .settings import WEB
from .staging import NAMESPACE, Staging

IMAGE = "registry.example.com/agno-ha/app:0.1.0"
NEWER = "registry.example.com/agno-ha/app:0.1.1"
KINDS = {
    *(
        "Cluster",
        "ConfigMap",
        "Deployment",
        "HorizontalPodAutoscaler",
        "NetworkPolicy",
        "PersistentVolumeClaim",
    ),
    *("PodDisruptionBudget", "ScheduledBackup", "Secret", "Service", "ServiceAccount", "StatefulSet"),
}


def test_a_preview_makes_nothing(empty: Staging) -> None:
    touched = empty.preview({})
    assert set(touched.values()) == {"create"}
    assert len(touched) > 30
    assert NAMESPACE not in empty.kubectl("get", "namespaces", "-o", "name")


def test_up_makes_the_stack(staging: Staging) -> None:
    assert {name.partition(" ")[0] for name in staging.first} == KINDS
    assert staging.image() == IMAGE
    outputs = json.loads(staging.pulumi.run("stack", "output", "--json", "--show-secrets").stdout)
    assert outputs["url"] == "https://192.0.2.80"
    key = staging.get("secret", "app")["data"]["os_security_key"]
    assert outputs["securityKey"] == base64.b64decode(key).decode()
    wait_for(lambda: staging.web()["status"].get("readyReplicas") == 2, 60, "both instances")


def test_no_secret_stands_in_the_state_or_in_another_object(staging: Staging) -> None:
    values = {
        base64.b64decode(value).decode()
        for name, each in staging.objects().items()
        if name.startswith("Secret ")
        for key, value in each["data"].items()
        if key not in ("username", "tls.crt")
    }
    assert len(values) == 6
    state = staging.pulumi.run("stack", "export").stdout
    others = json.dumps([each for name, each in staging.objects().items() if not name.startswith("Secret ")])
    lines = {line for value in values for line in value.splitlines() if not line.startswith("-----")}
    assert not [line for line in lines if json.dumps(line)[1:-1] in state + others]


def test_nothing_changed_touches_nothing(staging: Staging) -> None:
    staging.pulumi.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")
    staging.up("--expect-no-changes")


def test_what_the_cluster_does_by_itself_is_no_drift(staging: Staging) -> None:
    staging.kubectl("scale", "deployment/web", "--namespace", NAMESPACE, "--replicas=4")  # as an HPA does
    wait_for(lambda: staging.web()["status"].get("readyReplicas") == 4, 60, "four instances")
    assert staging.preview({}, "--refresh") == {}
    staging.pulumi.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")


def test_a_roll_keeps_the_autoscalers_count(staging: Staging) -> None:
    assert staging.web()["spec"]["replicas"] == 4
    staging.change({"kubernetes": {"images": {"app": NEWER}}})
    assert staging.preview({}) == WEB
    with watched(staging) as seen:
        staging.up()
    assert staging.image() == NEWER
    assert set(seen) == {4}


def test_a_roll_that_does_not_become_ready_fails_and_keeps_the_old_pods(staging: Staging) -> None:
    pods = staging.get("pods", "--selector", "app.kubernetes.io/component=web")["items"]
    before = [each for each in pods if "deletionTimestamp" not in each["metadata"]]  # of the roll before
    # More than a node has: the new pods wait for ever.
    staging.change({"app": {"memory": "2TiB"}, "kubernetes": {"updateTimeout": "30s"}})
    said = staging.pulumi.run("up", "--yes", "--skip-preview", code=None)
    assert said.returncode != 0
    assert "Minimum number of Pods to consider the application live was not attained" in said.stdout
    after = {each["metadata"]["uid"] for each in staging.get("pods")["items"]}
    assert {each["metadata"]["uid"] for each in before} <= after
    staging.change({"app": {"memory": "512MiB"}, "kubernetes": {"updateTimeout": "15m"}})
    staging.up()
    assert staging.web()["status"]["readyReplicas"] == 4
    assert staging.preview({}, "--refresh") == {}


def test_drift_is_found_and_mended(staging: Staging) -> None:
    here = ("--namespace", NAMESPACE)
    staging.kubectl("set", "image", "deployment/web", "agno=registry.example.com/other:1", *here)
    staging.kubectl("set", "env", "deployment/nginx", "DEBUG=1", *here)
    staging.kubectl("patch", "hpa", "web", *here, "--type=merge", "--patch", '{"spec": {"maxReplicas": 9}}')
    staging.kubectl("delete", "poddisruptionbudget", "web", *here)
    staging.kubectl(
        "label", "namespace", NAMESPACE, "pod-security.kubernetes.io/enforce=privileged", "--overwrite"
    )
    assert staging.preview({}, "--refresh") == {
        "agno-web (Deployment)": "update",
        "agno-web (HorizontalPodAutoscaler)": "update",
        "agno-web (PodDisruptionBudget)": "create",
        "agno-namespace (Namespace)": "update",
        "agno-nginx (Deployment)": "update",
    }
    staging.up("--refresh")
    assert staging.image() == NEWER
    objects = staging.objects()
    assert objects["HorizontalPodAutoscaler web"]["spec"]["maxReplicas"] == 4
    assert "PodDisruptionBudget web" in objects
    labels = json.loads(staging.kubectl("get", "namespace", NAMESPACE, "-o", "json"))["metadata"]["labels"]
    assert labels["pod-security.kubernetes.io/enforce"] == "restricted"
    staging.pulumi.run("refresh", "--yes", "--skip-preview", "--expect-no-changes")


def test_fixed_to_autoscaled_to_fixed_never_drops_below_the_lower_count(staging: Staging) -> None:
    with watched(staging) as seen:
        for least, most in ((4, 4), (3, 5), (3, 3)):
            staging.change({"scaling": {"min": least, "max": most}})
            staging.up()
        wait_for(lambda: staging.web()["spec"]["replicas"] == 3, 60, "three instances")
    assert min(seen) == 3
    assert max(seen) == 4
    staging.change({"scaling": {"min": 2, "max": 4}})
    staging.up()


@contextmanager
def watched(staging: Staging) -> Iterator[list[int]]:
    """Note every count that the Deployment is asked for meanwhile."""
    told: list[int] = []
    command = ["kubectl", "get", "deployment", "web", "--namespace", NAMESPACE, "--watch", "-o"]
    watching = subprocess.Popen(
        [*command, "jsonpath={.spec.replicas} "],
        stdout=subprocess.PIPE,
        text=True,
        env=staging.pulumi.environment,
    )
    try:
        yield told
    finally:
        watching.terminate()
        told += [int(line) for line in watching.communicate()[0].split()]
