"""A cluster that lacks what the stack needs: said at preview, all at once, with the way to install it."""

from __future__ import annotations

from .staging import Staging

NEEDS = {
    "keda.sh/v1alpha1": "helm install keda keda --repo https://kedacore.github.io/charts",
    "postgresql.cnpg.io/v1": "helm install cloudnative-pg cloudnative-pg --repo"
    " https://cloudnative-pg.github.io/charts",
    "metrics.k8s.io/v1beta1": "helm install metrics-server metrics-server --repo"
    " https://kubernetes-sigs.github.io/metrics-server",
    "cert-manager.io/v1": "helm install cert-manager cert-manager --repo https://charts.jetstack.io",
    "monitoring.coreos.com/v1": "helm install kube-prometheus-stack kube-prometheus-stack --repo"
    " https://prometheus-community.github.io/helm-charts",
}
EVERYTHING = {
    "kubernetes": {
        "scaling": {"autoscaler": "keda"},
        "tls": {"issuer": "letsencrypt"},
        "loadBalancer": {"host": "agno.example.com"},
        "monitoring": {"enabled": True},
    }
}


def test_what_the_staging_stack_needs_is_said_at_preview(bare: Staging) -> None:
    said = bare.refused({})
    for api in ("postgresql.cnpg.io/v1", "metrics.k8s.io/v1beta1"):
        assert f"the cluster has no {api}, which this needs. Install it: {NEEDS[api]} " in said, said
    assert not [api for api in ("keda.sh", "cert-manager.io", "monitoring.coreos.com") if api in said]
    assert "Traceback" not in said


def test_everything_is_said_at_once_and_nothing_is_made(bare: Staging) -> None:
    said = bare.refused(EVERYTHING)
    for api, install in NEEDS.items():
        assert f"the cluster has no {api}, which this needs. Install it: {install} " in said, said
    done = bare.pulumi.run("up", "--yes", code=None)
    assert done.returncode != 0
    assert "Install it" in done.stdout + done.stderr
    assert bare.pulumi.resources() == []
    assert "agno-ha-staging" not in bare.kubectl("get", "namespaces", "-o", "name")


def test_a_metric_of_requests_needs_its_api(bare: Staging) -> None:
    change = {
        "scaling": {"requestsPerSecond": 5},
        "kubernetes": {"scaling": {"requestsMetric": {"type": "external", "name": "rps"}}},
    }
    said = bare.refused(change)
    assert "the cluster has no external.metrics.k8s.io/v1beta1" in said, said
    assert "helm install prometheus-adapter prometheus-adapter --repo" in said


def test_a_stack_that_names_its_context_reaches_no_other_cluster(bare: Staging) -> None:
    variant = bare.variant({"kubernetes": {"context": "elsewhere"}})
    done = bare.pulumi.run("preview", "--config-file", str(variant), code=None)
    assert "The cluster could not be asked what it has" in done.stdout, done.stdout
    assert "Install it" not in done.stdout
