"""What a cluster lacks is said at preview, all of it, with the way to install it; asked over the API as it is."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from agno_ha.configuration import ConfigurationError
from agno_ha.targets.kubernetes import requirements
from agno_ha.targets.kubernetes.settings import KubernetesSettings
from agno_ha.topology import Topology

HA = {"postgres": {"highAvailability": True}}
EVERYTHING = {
    "scaling": {"autoscaler": "keda", "prometheus": "http://prometheus:9090"},
    "tls": {"issuer": "letsencrypt"},
    "monitoring": {"enabled": True},
}


@contextmanager
def cluster(directory: Path, *apis: str, minor: str = "34") -> Iterator[None]:
    """An API server that answers what it has."""
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
        "/version/": {**dict.fromkeys(unasked, ""), "major": "1", "minor": minor},
    }

    class Server(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer = json.dumps(answers[self.path]).encode()
            self.send_response(200)
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
            " Install it: helm install kube-prometheus-stack prometheus-community/kube-prometheus-stack"
            " --namespace monitoring --create-namespace.",
            "agno-ha:kubernetes.scaling.autoscaler: the cluster has no keda.sh/v1alpha1, which this needs."
            " Install it: helm install keda kedacore/keda --namespace keda --create-namespace.",
            "agno-ha:kubernetes.tls.issuer: the cluster has no cert-manager.io/v1, which this needs."
            " Install it: helm install cert-manager jetstack/cert-manager --namespace cert-manager --create-namespace.",
            "agno-ha:target = kubernetes: the cluster is Kubernetes 1.28, older than 1.30. Upgrade it.",
            "topology.postgres.highAvailability: the cluster has no postgresql.cnpg.io/v1, which this needs."
            " Install it: helm install cloudnative-pg cnpg/cloudnative-pg --namespace cnpg-system --create-namespace.",
            "topology.scaling: the cluster has no metrics.k8s.io/v1beta1, which this needs."
            " Install it: helm install metrics-server metrics-server/metrics-server --namespace kube-system"
            " --create-namespace.",
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


def test_a_cluster_that_does_not_answer_is_left_to_pulumi(directory: Path, warnings: list[str]) -> None:
    write(directory, "http://127.0.0.1:1")
    assert check() == []
    assert check(own={"context": "another"}) == []
    assert [line.partition(" (")[0] for line in warnings] == [
        "The cluster could not be asked what it has"
    ] * 2
