"""What a cluster must have beside Kubernetes itself: looked for at preview, and said with the way to install it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from http.client import FORBIDDEN
from typing import Any

import pulumi

from agno_ha.targets.kubernetes import certificates, cloudnativepg, monitoring, scaling
from agno_ha.targets.kubernetes.settings import KubernetesSettings
from agno_ha.topology import Topology
from agno_ha.topology.problem import ConfigurationError, Problem

OLDEST = 30
"""Minor version of Kubernetes 1 that has a sleep before the stop and metrics of one container."""

_DEFAULT = "storageclass.kubernetes.io/is-default-class"
_PATIENCE = 10.0
"""Seconds for the cluster's answer."""

_PROMETHEUS = "https://prometheus-community.github.io/helm-charts"


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
        install = _helm("metrics-server", "https://kubernetes-sigs.github.io/metrics-server", "kube-system")
        yield Need("metrics.k8s.io/v1beta1", "topology.scaling", install)
    if own.autoscaler == "keda":
        install = _helm("keda", "https://kedacore.github.io/charts", "keda")
        yield Need(scaling.KEDA, "agno-ha:kubernetes.scaling.autoscaler", install)
    elif wanted.requests_per_second is not None:
        kind = "external" if own.requests_metric.type == "external" else "custom"
        install = _helm("prometheus-adapter", _PROMETHEUS, "monitoring")
        yield Need(f"{kind}.metrics.k8s.io/v1beta1", "agno-ha:kubernetes.scaling.requestsMetric", install)
    if topology.postgres.mode == "managed" and topology.postgres.high_availability:
        namespace = settings.cloud_native_pg.operator_namespace
        install = _helm("cloudnative-pg", "https://cloudnative-pg.github.io/charts", namespace)
        yield Need(cloudnativepg.API, "topology.postgres.highAvailability", install)
        if "volumeSnapshot" in cloudnativepg.backed_up(topology, settings):
            path = "agno-ha:kubernetes.cloudNativePg.backups.volumeSnapshotClass"
            install = _helm("snapshot-controller", "https://piraeus.io/helm-charts/", "kube-system")
            yield Need("snapshot.storage.k8s.io/v1", path, f"{install}; and the storage's CSI driver")
    if settings.tls.issuer is not None:
        install = _helm(
            "cert-manager", "https://charts.jetstack.io", "cert-manager", "--set crds.enabled=true"
        )
        yield Need(certificates.API, "agno-ha:kubernetes.tls.issuer", install)
    if settings.monitoring.enabled:
        install = _helm("kube-prometheus-stack", _PROMETHEUS, settings.monitoring.namespace)
        yield Need(monitoring.API, "agno-ha:kubernetes.monitoring.enabled", install)


def without_storage(
    topology: Topology, settings: KubernetesSettings, classes: dict[str, bool]
) -> Iterator[Problem]:
    """Return what keeps the stores' volumes from being made.

    Args:
        topology: what is deployed.
        settings: the target's own.
        classes: the cluster's StorageClasses, and whether each is a default.
    """
    if "managed" not in (topology.postgres.mode, topology.redis.mode):
        return
    path, wanted = "agno-ha:kubernetes.storageClass", settings.storage_class
    known = f"Use one of {', '.join(sorted(classes))}" if classes else "Install a CSI driver and its class"
    if wanted is not None and wanted not in classes:
        yield Problem("", path, wanted, "the cluster has no such StorageClass", known)
    elif wanted is None and not any(classes.values()):
        yield Problem("", path, None, "required: no StorageClass of the cluster is its default", known)


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
    if ask(topology, settings) is None:
        pulumi.log.warn("The cluster could not be asked what it has (it does not answer).")


def ask(topology: Topology, settings: KubernetesSettings) -> str | None:
    """Return the cluster's version, such as `Kubernetes 1.36`; None where it does not answer.

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
        classes = _storage_classes(api)
    except (ApiException, HTTPError, OSError, config.ConfigException):
        return None
    known = {version.group_version for group in groups for version in group.versions}
    # Some clouds write a + behind the minor version.
    version = (int(found.major), int(found.minor.rstrip("+")))
    problems = list(missing(topology, settings, known=known, version=version))
    if classes is not None:
        problems += without_storage(topology, settings, classes)
    if problems:
        raise ConfigurationError(problems)
    return f"Kubernetes {version[0]}.{version[1]}"


def _storage_classes(api: Any) -> dict[str, bool] | None:
    """Return each class and whether it is a default; None where one may not look."""
    from kubernetes import client
    from kubernetes.client.exceptions import ApiException

    try:
        found = client.StorageV1Api(api).list_storage_class(_request_timeout=_PATIENCE).items
    except ApiException as error:
        if error.status == FORBIDDEN:
            return None
        raise
    return {each.metadata.name: (each.metadata.annotations or {}).get(_DEFAULT) == "true" for each in found}


def _helm(chart: str, repository: str, namespace: str, *options: str) -> str:
    into = f"--namespace {namespace} --create-namespace"
    return " ".join([f"helm install {chart} {chart} --repo {repository} {into}", *options])
