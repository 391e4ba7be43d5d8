"""What a cluster lacks is said at preview, all of it, with the way to install it; asked over the API as it is."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from types import MappingProxyType, SimpleNamespace
from typing import Any

import pytest
from agno_ha.configuration import ConfigurationError
from agno_ha.targets.kubernetes import look, requirements
from agno_ha.targets.kubernetes.settings import KubernetesSettings
from agno_ha.topology import Topology

DEFAULT = "storageclass.kubernetes.io/is-default-class"
HA = {"postgres": {"highAvailability": True}}
EVERYTHING = {
    "scaling": {"autoscaler": "keda", "prometheus": "http://prometheus:9090"},
    "tls": {"issuer": "letsencrypt"},
    "monitoring": {"enabled": True},
}


@contextmanager
def cluster(
    directory: Path,
    *apis: str,
    minor: str = "34",
    classes: Mapping[str, str | None] | None = MappingProxyType({"standard": "true"}),
) -> Iterator[None]:
    """An API server that answers what it has; of its StorageClasses nothing where they are None."""
    groups: dict[str, list[dict[str, str]]] = {}
    for api in apis:
        group, _, version = api.partition("/")
        groups.setdefault(group, []).append({"groupVersion": api, "version": version})
    unasked = ("buildDate", "compiler", "gitCommit", "gitTreeState", "gitVersion", "goVersion", "platform")
    answers = {
        "/apis/": {
            "kind": "APIGroupList",
            "groups": [{"name": name, "versions": versions} for name, versions in groups.items()],
        },
        "/apis/storage.k8s.io/v1/storageclasses": {
            "kind": "StorageClassList",
            "items": [
                {
                    "metadata": {"name": name, "annotations": default and {DEFAULT: default}},
                    "provisioner": "example.com/disks",
                }
                for name, default in (classes or {}).items()
            ],
        },
        "/version/": {**dict.fromkeys(unasked, ""), "major": "1", "minor": minor},
    }

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = json.dumps(answers[self.path]).encode()
            self.send_response(403 if classes is None and "storage" in self.path else 200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *arguments: Any) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Server) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        write(directory, f"http://127.0.0.1:{server.server_port}")
        yield
        server.shutdown()


def write(directory: Path, address: str) -> None:
    text = {
        "apiVersion": "v1",
        "kind": "Config",
        "clusters": [{"name": "test", "cluster": {"server": address}}],
        "users": [{"name": "test", "user": {"token": "t"}}],
        "contexts": [{"name": "test", "context": {"cluster": "test", "user": "test"}}],
        "current-context": "test",
    }
    (directory / "kubeconfig").write_text(json.dumps(text))


@pytest.fixture
def directory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    from kubernetes.config import kube_config

    path = tmp_path / "kubeconfig"
    monkeypatch.setattr(kube_config, "KUBE_CONFIG_DEFAULT_LOCATION", str(path))  # read when it is imported
    return tmp_path


@pytest.fixture
def warnings(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    said: list[str] = []
    monkeypatch.setattr("pulumi.log.warn", lambda text, **_: said.append(text))
    return said


def check(topology: Any = None, own: Any = None) -> list[str]:
    try:
        requirements.check(
            Topology.model_validate(topology or {}), KubernetesSettings.model_validate(own or {})
        )
    except ConfigurationError as error:
        return str(error).splitlines()
    return []


def test_a_cluster_that_has_it_all(directory: Path, warnings: list[str]) -> None:
    apis = [need.api for need in requirements.needs(
        Topology.model_validate(HA), KubernetesSettings.model_validate(EVERYTHING)
    )]  # fmt: skip
    assert len(apis) == 5
    with cluster(directory, *apis):
        assert check(HA, EVERYTHING) == []
    assert warnings == []


def test_everything_that_is_missing_is_said_at_once(directory: Path) -> None:
    with cluster(directory, "apps/v1", minor="28+"):
        assert check(HA, EVERYTHING) == [
            "agno-ha:kubernetes.monitoring.enabled: the cluster has no monitoring.coreos.com/v1, which this needs."
            " Install it: helm install kube-prometheus-stack kube-prometheus-stack"
            " --repo https://prometheus-community.github.io/helm-charts --namespace monitoring --create-namespace.",
            "agno-ha:kubernetes.scaling.autoscaler: the cluster has no keda.sh/v1alpha1, which this needs."
            " Install it: helm install keda keda --repo https://kedacore.github.io/charts --namespace keda"
            " --create-namespace.",
            "agno-ha:kubernetes.tls.issuer: the cluster has no cert-manager.io/v1, which this needs."
            " Install it: helm install cert-manager cert-manager --repo https://charts.jetstack.io"
            " --namespace cert-manager --create-namespace --set crds.enabled=true.",
            "agno-ha:target = kubernetes: the cluster is Kubernetes 1.28, older than 1.30. Upgrade it.",
            "topology.postgres.highAvailability: the cluster has no postgresql.cnpg.io/v1, which this needs."
            " Install it: helm install cloudnative-pg cloudnative-pg --repo https://cloudnative-pg.github.io/charts"
            " --namespace cnpg-system --create-namespace.",
            "topology.scaling: the cluster has no metrics.k8s.io/v1beta1, which this needs."
            " Install it: helm install metrics-server metrics-server"
            " --repo https://kubernetes-sigs.github.io/metrics-server --namespace kube-system --create-namespace.",
        ]


@pytest.mark.parametrize(
    ("kind", "api"), [("pods", "custom"), ("object", "custom"), ("external", "external")]
)
def test_a_metric_of_requests_needs_its_api(directory: Path, kind: str, api: str) -> None:
    topology = {"scaling": {"cpu": None, "memory": None, "requestsPerSecond": 5}}
    own = {"scaling": {"requestsMetric": {"type": kind, "name": "rps"}}}
    with cluster(directory):
        [problem] = check(topology, own)
    assert f"the cluster has no {api}.metrics.k8s.io/v1beta1" in problem
    with cluster(directory, f"{api}.metrics.k8s.io/v1beta1"):
        assert check(topology, own) == []


EXTERNAL = {"mode": "external", "password": "given", "external": {"host": "db.example.com"}}


@pytest.mark.parametrize(("context", "provider", "asked"), [
    (None, None, True), (None, object(), False), ("mine", object(), True),
])  # fmt: skip
def test_the_cluster_of_a_given_provider_is_not_the_kubeconfigs(
    monkeypatch: pytest.MonkeyPatch, context: str | None, provider: Any, asked: bool
) -> None:
    done: list[str] = []
    monkeypatch.setattr(requirements, "check", lambda *_: done.append("asked"))
    monkeypatch.setattr("pulumi.log.info", lambda text, **_: done.append(text))
    parent: Any = SimpleNamespace(get_provider=lambda _: provider)
    look(Topology(), KubernetesSettings(context=context), parent)
    assert done == (["asked"] if asked else done)
    assert len(done) == 1
    assert asked or done[0].startswith("The cluster of the program's own provider is not asked")


NO_DEFAULT = "required: no StorageClass of the cluster is its default"


@pytest.mark.parametrize(("classes", "own", "topology", "said"), [
    ({}, {}, {}, f"storageClass: {NO_DEFAULT}. Install a CSI driver and its class."),
    ({"a": None, "b": "false"}, {}, {}, f"storageClass: {NO_DEFAULT}. Use one of a, b."),
    (
        {"a": "true"}, {"storageClass": "fast"}, {},
        "storageClass = fast: the cluster has no such StorageClass. Use one of a.",
    ),
    ({"fast": None}, {"storageClass": "fast"}, {}, None),
    ({}, {}, {"postgres": EXTERNAL}, "storageClass: required"),
    ({}, {}, {"postgres": EXTERNAL, "redis": EXTERNAL}, None),
    (None, {}, {}, None),
])  # fmt: skip
def test_the_stores_volumes_need_a_class(
    directory: Path, classes: Any, own: Any, topology: Any, said: str | None, warnings: list[str]
) -> None:
    with cluster(directory, "metrics.k8s.io/v1beta1", classes=classes):
        problems = check(topology, own)
    assert [line.partition(said or " ")[1] for line in problems] == ([said] if said else [])
    assert warnings == []


def test_snapshots_need_their_api(directory: Path) -> None:
    own = {"cloudNativePg": {"backups": {"volumeSnapshotClass": "csi"}}}
    apis = ("metrics.k8s.io/v1beta1", "postgresql.cnpg.io/v1")
    with cluster(directory, *apis):
        [problem] = check(HA, own)
        assert problem.startswith(
            "agno-ha:kubernetes.cloudNativePg.backups.volumeSnapshotClass: the cluster has no"
            " snapshot.storage.k8s.io/v1, which this needs. Install it: helm install snapshot-controller"
        )
        assert check(HA) == []
    with cluster(directory, *apis, "snapshot.storage.k8s.io/v1"):
        assert check(HA, own) == []


def test_a_cluster_that_does_not_answer_is_left_to_pulumi(directory: Path, warnings: list[str]) -> None:
    write(directory, "http://127.0.0.1:1")
    assert check() == []
    assert check(own={"context": "another"}) == []
    assert [line.partition(" (")[0] for line in warnings] == [
        "The cluster could not be asked what it has"
    ] * 2
