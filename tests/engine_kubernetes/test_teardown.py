"""The end of the tier's stack, and the rendered manifests in its place."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from copy import deepcopy
from pathlib import Path
from typing import Any

from agno_ha.targets.kubernetes.names import SECRETS_DIGEST
from harness.service import wait_for

from .staging import NAMESPACE, PROTECTED, Staging


def test_what_holds_data_outlives_down_and_is_used_again(staging: Staging) -> None:
    before, key = staging.objects(), staging.get("secret", "app")["data"]
    staging.pulumi.agno_ha("down")
    left = staging.objects()
    # And what they are made after.
    assert set(left) == {"Cluster postgres", "PersistentVolumeClaim redis-data", "ServiceAccount agno-ha"}
    kinds = {entry["type"].rpartition(":")[2] for entry in staging.pulumi.resources()}
    assert kinds - {"AgnoService", "ServiceAccount"} == PROTECTED
    staging.up()
    after = staging.objects()
    assert set(after) == set(before)
    assert {name: after[name]["metadata"]["uid"] for name in left} == {
        name: before[name]["metadata"]["uid"] for name in left
    }
    assert staging.get("secret", "app")["data"] == key


def test_dev_can_be_destroyed_and_leaves_nothing(staging: Staging) -> None:
    staging.change({"environment": "dev"})
    staging.up()
    staging.pulumi.run("destroy", "--yes", "--skip-preview")
    assert staging.pulumi.resources() == []
    gone(staging)
    # The cluster deletes a volume when its claim is gone.
    wait_for(lambda: not staging.kubectl("get", "persistentvolumes", "-o", "name"), 120, "no volume", 2)


def test_rendered_manifests_are_the_same_objects(staging: Staging, tmp_path: Path) -> None:
    staging.restore()
    staging.pulumi.agno_ha("render", "--out", str(tmp_path))
    staging.kubectl("apply", "--server-side", "-f", str(tmp_path / f"namespace-{NAMESPACE}.yaml"))
    staging.kubectl("apply", "--server-side", "-k", str(tmp_path))
    wait_for(lambda: staging.web()["spec"]["replicas"] == 2, 60, "the HPA's least")
    rendered = {name: plain(each) for name, each in staging.objects().items()}
    made = {name: plain(each) for name, each in staging.first.items() if not name.startswith("Secret ")}
    assert set(rendered) == set(made)
    different = [line for name in made for line in differences(made[name], rendered[name], name)]
    assert not different, "\n".join(different)
    staging.kubectl("delete", "namespace", NAMESPACE, "--wait=false")
    gone(staging)


def gone(staging: Staging) -> None:
    wait_for(
        lambda: NAMESPACE not in staging.kubectl("get", "namespaces", "-o", "name"),
        120,
        "the namespace to be gone",
        2,
    )


_BY_THE_SERVER = (
    *("uid", "resourceVersion", "creationTimestamp", "generation", "managedFields", "finalizers"),
)
_GIVEN = ("clusterIP", "clusterIPs", "healthCheckNodePort", "volumeName")


def plain(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return an object without what the cluster gives each one: ids, times, addresses, ports, its status."""
    made = deepcopy(dict(given))
    made.pop("status", None)
    meta, spec = made["metadata"], made.get("spec", {})
    for key in _BY_THE_SERVER:
        meta.pop(key, None)
    for key in _GIVEN:
        if spec.get(key) != "None":  # a Service without an address of its own was asked for
            spec.pop(key, None)
    for port in spec.get("ports", []) if made["kind"] == "Service" else []:
        port.pop("nodePort", None)
    # Those of controllers; ours have names of ours, or the load balancer's.
    annotations = {
        key: value
        for key, value in meta.pop("annotations", {}).items()
        if not key.startswith(("deployment.kubernetes.io/", "pv.kubernetes.io/", "volume."))
    }
    if annotations:
        meta["annotations"] = annotations
    template = spec.get("template", {}).get("metadata", {})
    template.get("annotations", {}).pop(SECRETS_DIGEST, None)  # the one thing that manifests can't have
    if not template.get("annotations", True):
        del template["annotations"]
    return made


def differences(one: Any, other: Any, at: str) -> Iterator[str]:
    if isinstance(one, dict) and isinstance(other, dict):
        for key in sorted(one.keys() | other.keys()):
            yield from differences(one.get(key), other.get(key), f"{at}.{key}")
    elif isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        for index, (a, b) in enumerate(zip(one, other, strict=True)):
            yield from differences(a, b, f"{at}[{index}]")
    elif one != other:
        yield f"{at}: pulumi {one!r}, rendered {other!r}"
