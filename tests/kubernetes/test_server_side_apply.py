"""Every object of every variant is taken by a real API server, field by field, in a `restricted` namespace.

The objects are those of `agno-ha render`. Kinds that operators bring are checked where the cluster has their CRDs.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any
from uuid import uuid4

import pytest
import yaml
from agno_ha.render.manifests import render
from harness.cluster import apply, differences, kinds, kubectl, namespace
from offline.conftest import Evaluate
from offline.test_kubernetes_plan import HA, POOLER, TLS, VARIANTS

SCALED = {"scaling": {"requestsPerSecond": 2.5, "cooldown": {"out": "90s", "in": "0s"}}, "app": {"cpu": 0.25}}
PROMETHEUS = {"autoscaler": "keda", "prometheus": "http://prometheus.monitoring:9090"}
FRONT = {"kind": "ingress", "host": "agno.example.com", "ingressClass": "nginx"}
MORE: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "default": ({}, {}),
    "hpa on pods": (SCALED, {"scaling": {"requestsMetric": {"name": "rps", "labels": {"a": "b"}}}}),
    "hpa on the ingress": (
        SCALED,
        {"scaling": {"requestsMetric": {"name": "rps", "type": "object"}}, "loadBalancer": FRONT},
    ),
    "hpa on an external metric": (
        SCALED,
        {"scaling": {"requestsMetric": {"name": "rps", "type": "external"}}},
    ),
    "keda on requests": (SCALED, {"scaling": PROMETHEUS}),
    "ingress with tls": (TLS, {"loadBalancer": {**FRONT, "controller": "alb"}}),
    "snapshots": (HA, {"cloudNativePg": {"backups": {"volumeSnapshotClass": "csi"}}, "storageClass": "fast"}),
    "backups with keys": (
        HA,
        {
            "cloudNativePg": {
                "backups": {"destination": "s3://b/p", "endpoint": "http://minio:9000", "secret": "keys"}
            }
        },
    ),
    "everything": (
        {
            "app": {"scheduler": {"enabled": True}, "environment": {"GREETING": "costs $(HOME) $5"}},
            "postgres": {"pooler": {"enabled": True}, "storage": "1500MB"},
            "loadBalancer": {"replicas": 3, "httpPort": 8080},
        },
        {
            **POOLER,
            "nodeSelector": {"disk": "ssd"},
            "images": {**POOLER["images"], "pullSecrets": ["registry"], "pullPolicy": "Always"},
            "loadBalancer": {"serviceType": "NodePort", "annotations": {"a.example.com/b": "c"}},
            "monitoring": {"enabled": True, "labels": {"release": "prometheus"}},
        },
    ),
}
CASES = {**{name: (topology, own) for name, (topology, own, _, _) in VARIANTS.items()}, **MORE}
APP = {"images": {"app": "registry.example.com/app:1"}}


@pytest.mark.parametrize(("topology", "own"), CASES.values(), ids=CASES)
def test_every_object_is_taken_as_it_is(
    evaluate: Evaluate, topology: dict[str, Any], own: dict[str, Any]
) -> None:
    name = f"agno-ha-test-{uuid4().hex[:8]}"
    own = {**APP, **own, "namespace": name}
    made = render(evaluate(topology, target="kubernetes", own=own, given="a given value"))
    objects = [yaml.safe_load(made.files[file]) for file in made.files if file != "kustomization.yaml"]
    known = kinds()
    missing = {each["kind"] for each in objects if f"{each['apiVersion']}/{each['kind']}" not in known}
    restricted = {f"pod-security.kubernetes.io/{level}": "restricted" for level in ("enforce", "warn")}
    home = {"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name, "labels": restricted}}
    [home] = [each for each in objects if each["kind"] == "Namespace"] or [home]
    objects = [each for each in objects if each["kind"] not in missing]
    with namespace(home):
        apply([secret(name, each, keys) for each, keys in made.secrets.items()])
        became, said = apply(objects)
        wrong = said.splitlines()
        for asked, has in zip(objects, became, strict=True):
            wrong += [f"{title(asked)}{line}" for line in differences(asked, has)]
        again, _ = apply(objects)
        # Controllers write beside it meanwhile: what was asked for is compared.
        for asked, has in zip(objects, again, strict=True):
            wrong += [f"{title(asked)}{line}, applied again" for line in differences(asked, has)]
        # A template is only warned about; a pod is what Pod Security lets in or not.
        _, said = apply(list(pods(objects)), "--dry-run=server")
        wrong += said.splitlines()
    assert wrong == []
    if missing:
        pytest.skip(f"all else is taken; the cluster has no CRD of {', '.join(sorted(missing))}")


def title(given: dict[str, Any]) -> str:
    return f"{given['kind']} {given['metadata']['name']}"


def secret(namespace: str, name: str, keys: tuple[str, ...]) -> dict[str, Any]:
    meta = {"name": name, "namespace": namespace}
    return {"apiVersion": "v1", "kind": "Secret", "metadata": meta, "stringData": dict.fromkeys(keys, "x")}


def pods(objects: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for each in objects:
        if "template" in each.get("spec", {}):
            template, own = each["spec"]["template"], each["metadata"]
            meta = {**template["metadata"], "name": f"probe-{own['name']}", "namespace": own["namespace"]}
            yield {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": template["spec"]}


def test_an_update_keeps_the_autoscalers_count(evaluate: Evaluate) -> None:
    name = f"agno-ha-test-{uuid4().hex[:8]}"
    with namespace({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}):
        for image, scaled in (("app:1", 3), ("app:2", 4), ("app:3", None)):
            own = {"images": {"app": image}, "namespace": name}
            made = render(evaluate(target="kubernetes", own=own))
            [web], _ = apply([yaml.safe_load(made.files["deployment-web.yaml"])])
            assert web["spec"]["template"]["spec"]["containers"][0]["image"] == image
            assert web["spec"]["replicas"] == {"app:1": 1, "app:2": 3, "app:3": 4}[image]
            if scaled is not None:  # over the subresource, as an HPA does
                kubectl("scale", "deployment/web", "--namespace", name, f"--replicas={scaled}")


def test_strict_validation_is_strict() -> None:
    name = f"agno-ha-test-{uuid4().hex[:8]}"
    with namespace({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": name}}):
        meta = {"name": "a", "namespace": name}
        with pytest.raises(AssertionError, match=r"dataa"):
            apply([{"apiVersion": "v1", "kind": "ConfigMap", "metadata": meta, "dataa": {}}])
        kubectl("label", "namespace", name, "pod-security.kubernetes.io/enforce=restricted")
        pod_spec = {"hostNetwork": True, "containers": [{"name": "a", "image": "a"}]}
        pod = {"apiVersion": "v1", "kind": "Pod", "metadata": meta, "spec": pod_spec}
        with pytest.raises(AssertionError, match=r"violates PodSecurity"):
            apply([pod], "--dry-run=server")
