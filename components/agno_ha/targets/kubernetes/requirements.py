"""What a cluster must have beside Kubernetes itself: looked for at preview, and said with the way to install it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import pulumi

from agno_ha.targets.kubernetes import certificates, cloudnativepg, monitoring, scaling
from agno_ha.targets.kubernetes.settings import KubernetesSettings
from agno_ha.topology import Topology
from agno_ha.topology.problem import ConfigurationError, Problem

OLDEST = 30
"""Minor version of Kubernetes 1 that has a sleep before the stop and metrics of one container."""

_PATIENCE = 10.0
"""Seconds for the cluster's answer."""


@dataclass(frozen=True)
class Need:
    """An API that somebody must have installed."""

    api: str
    """Group and version."""
    path: str
    """The setting that needs it."""
    install: str


def needs(topology: Topology, settings: KubernetesSettings) -> Iterator[Need]:
    """Return what the settings need."""
    wanted, own = topology.scaling, settings.scaling
    if wanted.cpu is not None or wanted.memory is not None:
        yield Need(
            "metrics.k8s.io/v1beta1",
            "topology.scaling",
            _helm("metrics-server/metrics-server", "kube-system"),
        )
    if own.autoscaler == "keda":
        yield Need(scaling.KEDA, "agno-ha:kubernetes.scaling.autoscaler", _helm("kedacore/keda", "keda"))
    elif wanted.requests_per_second is not None:
        kind = "external" if own.requests_metric.type == "external" else "custom"
        install = _helm("prometheus-community/prometheus-adapter", "monitoring")
        yield Need(f"{kind}.metrics.k8s.io/v1beta1", "agno-ha:kubernetes.scaling.requestsMetric", install)
    if topology.postgres.mode == "managed" and topology.postgres.high_availability:
        namespace = settings.cloud_native_pg.operator_namespace
        yield Need(
            cloudnativepg.API, "topology.postgres.highAvailability", _helm("cnpg/cloudnative-pg", namespace)
        )
    if settings.tls.issuer is not None:
        yield Need(
            certificates.API, "agno-ha:kubernetes.tls.issuer", _helm("jetstack/cert-manager", "cert-manager")
        )
    if settings.monitoring.enabled:
        install = _helm("prometheus-community/kube-prometheus-stack", settings.monitoring.namespace)
        yield Need(monitoring.API, "agno-ha:kubernetes.monitoring.enabled", install)


def missing(
    topology: Topology, settings: KubernetesSettings, *, known: set[str], version: tuple[int, int]
) -> Iterator[Problem]:
    """Return what a cluster lacks.

    Args:
        topology: what is deployed.
        settings: the target's own.
        known: the cluster's APIs, as group and version.
        version: the cluster's, major and minor.
    """
    if version < (1, OLDEST):
        message = f"the cluster is Kubernetes {version[0]}.{version[1]}, older than 1.{OLDEST}"
        yield Problem("", "agno-ha:target", "kubernetes", message, "Upgrade it")
    for need in needs(topology, settings):
        if need.api not in known:
            message = f"the cluster has no {need.api}, which this needs"
            yield Problem("", need.path, None, message, f"Install it: {need.install}")


def check(topology: Topology, settings: KubernetesSettings) -> None:
    """Ask the cluster; one that does not answer is Pulumi's to report.

    Raises:
        ConfigurationError: everything that the cluster lacks.
    """
    from kubernetes import client, config
    from kubernetes.client.exceptions import ApiException
    from urllib3.exceptions import HTTPError

    try:
        api = config.new_client_from_config(context=settings.context)
        groups = client.ApisApi(api).get_api_versions(_request_timeout=_PATIENCE).groups
        found = client.VersionApi(api).get_code(_request_timeout=_PATIENCE)
    except (ApiException, HTTPError, OSError, config.ConfigException) as error:
        pulumi.log.warn(f"The cluster could not be asked what it has ({type(error).__name__}).")
        return
    known = {version.group_version for group in groups for version in group.versions}
    # Some clouds write a + behind the minor version.
    version = (int(found.major), int(found.minor.rstrip("+")))
    if problems := list(missing(topology, settings, known=known, version=version)):
        raise ConfigurationError(problems)


def _helm(chart: str, namespace: str) -> str:
    name = chart.rpartition("/")[2]
    return f"helm install {name} {chart} --namespace {namespace} --create-namespace"
