"""What must not be deployed is stopped before anything changes, and said in words."""

from __future__ import annotations

from typing import Any

import pytest
import yaml
from harness.settings import not_refused

from .staging import Staging

REFUSED: dict[str, dict[str, Any]] = {
    "another namespace": {"kubernetes": {"namespace": "another"}},
    "the namespace no longer ours": {"kubernetes": {"createNamespace": False}},
    "volumes of another class": {"kubernetes": {"storageClass": "fast"}},
    "one server in place of the database cluster": {"postgres": {"highAvailability": False}},
    "a key that clients have": {"app": {"authentication": "none"}},
    "passwords that open the data": {"kubernetes": {"existingSecret": "agno"}},
}

MISTAKES: dict[str, tuple[dict[str, Any], str]] = {
    "an unknown key": (
        {"kubernetes": {"replica": 2}},
        "agno-ha:kubernetes.replica: unknown key",
    ),
    "no image": (
        {"kubernetes": {"images": {"app": None}}},
        "agno-ha:kubernetes.images.app: required: a cluster can't build the default image",
    ),
    "no image of the pooler": (
        {"postgres": {"pooler": {"enabled": True}}},
        "agno-ha:kubernetes.images.pgbouncer: required by postgres.pooler.enabled",
    ),
    "TLS on a bare Service": (
        {"kubernetes": {"loadBalancer": {"kind": "service"}}},
        "topology.loadBalancer.tls.mode = generated: a Service ends no TLS",
    ),
    "TLS without a name": (
        {"kubernetes": {"loadBalancer": {"kind": "ingress"}}},
        "agno-ha:kubernetes.loadBalancer.host: required by an Ingress with TLS",
    ),
    "requests that nobody counts": (
        {"scaling": {"requestsPerSecond": 5}},
        "topology.scaling.requestsPerSecond = 5: a cluster does not count requests by itself",
    ),
    "KEDA without Prometheus": (
        {"scaling": {"requestsPerSecond": 5}, "kubernetes": {"scaling": {"autoscaler": "keda"}}},
        "agno-ha:kubernetes.scaling.prometheus: required by scaling.requestsPerSecond with KEDA",
    ),
    "a longer cooldown than an HPA knows": (
        {"scaling": {"cooldown": {"out": "45m"}}},
        "topology.scaling.cooldown.out = 45m: more than the 1800s that an HPA looks back",
    ),
    "more connections than the server has": (
        {"scaling": {"max": 20}},
        "topology.scaling.max = 20: (20 + 20 while rolling)",
    ),
    "a namespace that is none": (
        {"kubernetes": {"namespace": "Not_A_Namespace"}},
        "agno-ha:kubernetes.namespace",
    ),
    "a secret that the stack does not have": (
        {"app": {"secrets": {"API_KEY": "absent"}}},
        "topology.app.secrets.API_KEY: names a secret that this stack does not have",
    ),
}


def test_a_change_that_loses_data_is_refused_in_the_preview(staging: Staging) -> None:
    taken = not_refused(staging, REFUSED)
    assert not taken, yaml.dump(taken)


@pytest.mark.parametrize(("change", "expected"), MISTAKES.values(), ids=MISTAKES)
def test_a_mistake_is_said_without_a_traceback(
    staging: Staging, change: dict[str, Any], expected: str
) -> None:
    said = staging.refused(change)
    assert expected in said, said
    assert "Traceback" not in said
    assert ".py" not in said


def test_destroy_is_refused_and_deletes_nothing(staging: Staging) -> None:
    before = {name: each["metadata"]["uid"] for name, each in staging.objects().items()}
    said = staging.pulumi.run("destroy", "--yes", code=None)
    assert said.returncode != 0
    assert "protected" in said.stdout + said.stderr
    assert {name: each["metadata"]["uid"] for name, each in staging.objects().items()} == before
