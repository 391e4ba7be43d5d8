"""Bad settings of the Kubernetes target and what a cluster can't do, with their exact messages."""
# ruff: noqa: E501 (the messages as they are shown)

from __future__ import annotations

import doctest
import importlib
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from agno_ha import stack
from agno_ha.configuration import ConfigurationError
from agno_ha.targets.kubernetes.settings import KubernetesSettings

STACK = "Pulumi.test.yaml: agno-ha:kubernetes."
TOPOLOGY = "Pulumi.test.yaml: topology."
GOOD = {"images": {"app": "registry.example.com/app:1"}}

# `agno-ha:kubernetes`, beside a good image → its one problem
OWN: dict[str, str] = {
    "{images: {app: null}}": "images.app: required: a cluster can't build the default image. Build it, push it, and name it there (docs/kubernetes.md).",
    "{namespace: My_Space}": "namespace = My_Space: must be a DNS label. Use up to 63 lower-case letters, digits and -, no - first or last.",
    "{existingSecret: 'a b'}": 'existingSecret = a b: must be a name as Kubernetes has them. Use lower-case letters, digits, dots and -.',
    "{images: {pullPolicy: never}}": "images.pullPolicy = never: must be IfNotPresent, Always or Never. Choose one of them.",
    "{loadBalancer: {kind: gateway}}": "loadBalancer.kind = gateway: must be nginx, ingress or service. Choose one of them.",
    "{loadBalancer: {ingresClass: x}}": "loadBalancer.ingresClass: unknown key. Did you mean `ingressClass`?",
    "{tls: {secretName: a, issuer: b}}": "tls.secretName = a: given together with tls.issuer. Keep one of the two.",
    "{tls: {secretName: a}}": "tls.secretName = a: has no effect with loadBalancer.tls.mode = off: TLS is off. Remove it, or set loadBalancer.tls.mode to generated.",
    "{scaling: {prometheus: 'http://me:pw@host'}}": "scaling.prometheus: must be an http or https URL without user, password, query or spaces. Write it like http://prometheus.monitoring:9090.",
    "{scaling: {prometheus: 'http://p:9090'}}": "scaling.prometheus: has no effect with scaling.autoscaler = hpa. Remove it, or set scaling.autoscaler to keda.",
    "{scaling: {requestsMetric: {name: 'a b'}}}": "scaling.requestsMetric.name = a b: must be one word. Remove the spaces.",
    "{scaling: {autoscaler: keda, requestsMetric: {name: rps}}}": "scaling.requestsMetric.name = rps: has no effect with scaling.autoscaler = keda. Remove it: KEDA reads scaling.prometheus.",
    "{cloudNativePg: {instances: 1}}": "cloudNativePg.instances = 1: not between 2 and 9. Choose a value between the two.",
    "{cloudNativePg: {backups: {destination: /mnt}}}": "cloudNativePg.backups.destination: must be an s3 URL. Write it like s3://bucket/path.",
    "{cloudNativePg: {backups: {endpoint: 'http://minio:99999'}}}": "cloudNativePg.backups.endpoint: has no valid port. Use one from 1 to 65535.",
    "{cloudNativePg: {backups: {endpoint: 'http://[minio'}}}": "cloudNativePg.backups.endpoint: has no valid port. Use one from 1 to 65535.",
    "{cloudNativePg: {backups: {schedule: '0 2 * * *'}}}": 'cloudNativePg.backups.schedule = "0 2 * * *": must be a cron line of six fields. Write it like 0 0 2 * * *: seconds first.',
    "{cloudNativePg: {backups: {destination: 's3://a', volumeSnapshotClass: b}}}": "cloudNativePg.backups.destination: given together with backups.volumeSnapshotClass. Keep one of the two.",
    "{updateTimeout: 5s}": "updateTimeout = 5s: not between 30s and 1d. Choose a value between the two.",
}  # fmt: skip

# `agno-ha:topology` and `agno-ha:kubernetes` → the one problem of both together
TOGETHER: dict[tuple[str, str], str] = {
    ("{app: {build: ./mine}}", "{images: {app: null}}"): f"{STACK}images.app: required: a cluster can't build app.build. Build it, push it, and name it there (docs/kubernetes.md).",
    ("{postgres: {pooler: {enabled: true}}}", "{}"): f"{STACK}images.pgbouncer: required by postgres.pooler.enabled: there is no official image. Name an image whose command is `pgbouncer FILE`.",
    ("{loadBalancer: {tls: {mode: provided, certificate: a.pem, privateKey: k}}}", "{tls: {secretName: a}}"): f"{STACK}tls.secretName = a: has no effect with loadBalancer.tls.mode = provided: the certificate is provided. Remove it, or set loadBalancer.tls.mode to generated.",
    ("{loadBalancer: {tls: {mode: generated}}}", "{tls: {issuer: ca}}"): f"{STACK}loadBalancer.host: required by tls.issuer: a certificate is for a name. Give the host name.",
    ("{loadBalancer: {tls: {mode: generated}}}", "{loadBalancer: {kind: ingress}}"): f"{STACK}loadBalancer.host: required by an Ingress with TLS. Give the host name of the certificate.",
    ("{loadBalancer: {tls: {mode: generated}}}", "{loadBalancer: {kind: service}}"): f"{TOPOLOGY}loadBalancer.tls.mode = generated: a Service ends no TLS. Set agno-ha:kubernetes.loadBalancer.kind to nginx or ingress, or tls.mode to off.",
    ("{loadBalancer: {idleTimeout: 2h}}", "{loadBalancer: {kind: ingress, controller: alb}}"): f"{TOPOLOGY}loadBalancer.idleTimeout = 2h: more than the 4000s of AWS' load balancer. Lower it to 4000s, or use another controller.",
    ("{scaling: {cooldown: {out: 1h}}}", "{}"): f"{TOPOLOGY}scaling.cooldown.out = 1h: more than the 1800s that an HPA looks back. Lower it to 1800s.",
    ("{scaling: {requestsPerSecond: 5}}", "{}"): f"{TOPOLOGY}scaling.requestsPerSecond = 5: a cluster does not count requests by itself. Set agno-ha:kubernetes.scaling.autoscaler to keda with scaling.prometheus, or name a scaling.requestsMetric.",
    ("{scaling: {requestsPerSecond: 5}}", "{scaling: {autoscaler: keda}}"): f"{STACK}scaling.prometheus: required by scaling.requestsPerSecond with KEDA. Give the address of the Prometheus that has the instances' metrics.",
    ("{scaling: {requestsPerSecond: 5}}", "{scaling: {requestsMetric: {type: object, name: rps}}}"): f"{STACK}scaling.requestsMetric.type = object: is a metric of the Ingress, and there is none. Use pods or external.",
}  # fmt: skip


def problems(tmp_path: Path, topology: str, own: str, namespace: str | None = None) -> list[str]:
    base = tmp_path / "topology.yaml"
    base.write_text("{}")
    settings: dict[str, Any] = {**GOOD, **yaml.safe_load(own)}
    values = {"target": "kubernetes", "kubernetes": settings, "topology": yaml.safe_load(topology)}
    with pytest.raises(ConfigurationError) as caught:
        stack.read(base, values, source="Pulumi.test.yaml", namespace=namespace)
    return str(caught.value).splitlines()


@pytest.mark.parametrize("own", OWN)
def test_bad_settings(tmp_path: Path, own: str) -> None:
    assert problems(tmp_path, "{}", own) == [STACK + OWN[own]]


@pytest.mark.parametrize(("topology", "own"), TOGETHER)
def test_what_a_cluster_cannot_do(tmp_path: Path, topology: str, own: str) -> None:
    assert problems(tmp_path, topology, own) == [TOGETHER[topology, own]]


def test_all_problems_at_once(tmp_path: Path) -> None:
    found = problems(tmp_path, "{scaling: {max: 40, requestsPerSecond: 5}}", "{images: {app: null}}")
    assert [line.split(" ")[1].rstrip(":") for line in found] == [
        "agno-ha:kubernetes.images.app",
        "topology.scaling.max",
        "topology.scaling.requestsPerSecond",
    ]


def test_a_stack_whose_name_can_be_no_namespace(tmp_path: Path) -> None:
    found = problems(tmp_path, "{}", "{images: {app: null}}", "agno-ha-My_Stack")
    assert [line.split(":")[2].split(" ")[0] for line in found] == [
        "kubernetes.images.app", "kubernetes.namespace"
    ]  # fmt: skip
    assert found[1].startswith(f"{STACK}namespace = agno-ha-My_Stack (default): must be a DNS label.")


def test_the_component_refuses_too() -> None:
    from agno_ha.service import AgnoService
    from agno_ha.topology import Topology

    with pytest.raises(ConfigurationError, match=r"agno-ha:kubernetes\.images\.app: required"):
        AgnoService("agno", Topology(), target="kubernetes", settings=KubernetesSettings())


@pytest.mark.parametrize(
    "name",
    [
        "servers",
        "environment",
        *(f"targets.kubernetes.{room}" for room in ("quantities", "images", "limits")),
    ],
)
def test_examples_in_the_code(name: str) -> None:
    tried = doctest.testmod(importlib.import_module(f"agno_ha.{name}"))
    assert (tried.failed, tried.attempted > 0) == (0, True)


SDK = """
import sys
{before}
from agno_ha import targets
from agno_ha.configuration import ConfigurationError
try:
    targets.choose({target!r})
except ConfigurationError as error:
    print(error)
print(*sorted({{"pulumi_docker", "pulumi_kubernetes"}} & {{name for name, module in sys.modules.items() if module}}))
"""


@pytest.mark.parametrize(
    ("target", "before", "said"),
    [
        ("docker", "", "pulumi_docker\n"),
        ("kubernetes", "", "pulumi_kubernetes\n"),
        (
            "kubernetes",
            "sys.modules['pulumi_kubernetes'] = None",
            "agno-ha:target = kubernetes: the package pulumi_kubernetes is not installed."
            " Install the target's extra: scripts/environment --extra kubernetes, or where agno-ha is a dependency"
            " pip install 'agno-ha[kubernetes]'.\n\n",
        ),
    ],
)
def test_only_the_chosen_targets_sdk_is_needed(target: str, before: str, said: str) -> None:
    script = SDK.format(target=target, before=before)
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.stdout, done.stderr) == (said, "")
