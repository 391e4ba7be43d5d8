"""What only the Kubernetes target has: the stack file's `agno-ha:kubernetes` section."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated, Literal
from urllib.parse import urlsplit

from pydantic import Field

from agno_ha.topology.base import Between, Conflict, Matching, Section, Unprinted, Whole
from agno_ha.topology.units import HOUR, Duration, duration_text

Reference = Annotated[str | None, Unprinted()]
"""An image; never shown in an error, since `user:password@host` is a way to write one."""

LABEL = r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?"
Label = Annotated[
    str,
    Matching(
        LABEL, "must be a DNS label", "Use up to 63 lower-case letters, digits and -, no - first or last"
    ),
]
"""Name of a namespace."""

Name = Annotated[
    str,
    Matching(
        rf"{LABEL}(\.{LABEL})*",
        "must be a name as Kubernetes has them",
        "Use lower-case letters, digits, dots and -",
    ),
]
"""Name of an object, or of a host."""

Url = Annotated[
    str,
    Matching(
        r"https?://[^\s/@?#]+(/[^\s@?#]*)?",
        "must be an http or https URL without user, password, query or spaces",
        "Write it like http://prometheus.monitoring:9090",
    ),
]
Texts = dict[str, str]


class ImageReferences(Section):
    """Images; a cluster pulls them, and can't build."""

    app: Reference = None
    """Image of the instances. Default: `topology.app.image`; one of the two is required."""

    postgres: Reference = None
    """Image of Postgres that keeps the official image's contract. Default: `postgres:<version>`."""

    redis: Reference = None
    """Image of Redis that keeps the official image's contract. Default: `redis:<version>`."""

    nginx: Reference = None
    """Image of nginx with bash (the Debian variant of the official one). Default: `nginx:1.28`."""

    pgbouncer: Reference = None
    """Image with `pgbouncer FILE` as its command; none is official. Required with `postgres.pooler`."""

    cloud_native_pg: Reference = None
    """Image of CloudNativePG's Postgres, with Barman where backups go to an object store. Default: the project's
    `<version>-system-bookworm`."""

    pull_policy: Literal["IfNotPresent", "Always", "Never"] = "IfNotPresent"
    """When a node pulls; default IfNotPresent: the images are pinned."""

    pull_secrets: list[Name] = Field(default_factory=list)
    """Secrets in the namespace with the registry's login; default none."""


class LoadBalancerSettings(Section):
    """What stands in front of the instances."""

    kind: Literal["nginx", "ingress", "service"] = "nginx"
    """`nginx` (default): pods of our own, on any cluster. `ingress`: the cluster's controller. `service`: a Service
    of type LoadBalancer straight to the instances, without TLS, body limit and timeouts of ours."""

    host: Name | None = None
    """Host name that clients use; default null: the address that the cluster gives. Required by `ingress` with TLS."""

    service_type: Literal["LoadBalancer", "NodePort", "ClusterIP"] = "LoadBalancer"
    """Type of the Service in front of nginx; default LoadBalancer."""

    ingress_class: Name | None = None
    """The Ingress' class; default null: the cluster's default."""

    controller: Literal["ingress-nginx", "haproxy", "alb", "other"] = "ingress-nginx"
    """The class' controller, which decides the annotations for timeouts, body limit and buffering; default
    ingress-nginx; `other`: give them in `annotations`."""

    annotations: Annotated[Texts, Unprinted()] = Field(default_factory=dict)
    """Further annotations of the Ingress, or of the Service where there is none; default none."""

    controller_namespace: Label | None = None
    """Namespace of the Ingress controller, which alone may reach the instances; default null: any."""


class TlsSettings(Section):
    """Who makes the certificate of `loadBalancer.tls.mode: generated`; default: agno-ha itself."""

    secret_name: Name | None = None
    """An existing Secret of type kubernetes.io/tls in the namespace; default null."""

    issuer: Name | None = None
    """A cert-manager issuer; default null. Needs `loadBalancer.host`."""

    issuer_kind: Literal["ClusterIssuer", "Issuer"] = "ClusterIssuer"
    """Kind of the issuer; default ClusterIssuer."""

    def conflicts(self) -> Iterator[Conflict]:
        """One maker."""
        if self.secret_name is not None and self.issuer is not None:
            yield Conflict("secretName", "given together with tls.issuer", "Keep one of the two")


class RequestsMetric(Section):
    """A metric of the cluster's metrics API for `scaling.requestsPerSecond`, read by an HPA."""

    type: Literal["pods", "object", "external"] = "pods"
    """`pods` (default: of each instance), `object` (of the Ingress) or `external`."""

    name: Annotated[str, Matching(r"\S+", "must be one word", "Remove the spaces")] | None = None
    """The metric's name, in requests per second; default null: no such metric."""

    labels: Annotated[Texts, Unprinted()] = Field(default_factory=dict)
    """Labels that choose among metrics of that name; default none."""


class ScalingSettings(Section):
    """Who owns the number of instances."""

    autoscaler: Literal["hpa", "keda"] = "hpa"
    """`hpa` (default: a HorizontalPodAutoscaler) or `keda` (a ScaledObject, which has an HPA of its own)."""

    requests_metric: RequestsMetric = Field(default_factory=RequestsMetric)
    """For `hpa`: what `scaling.requestsPerSecond` is compared with."""

    prometheus: Annotated[Url | None, Unprinted()] = None
    """For `keda`: the Prometheus that has the instances' metrics; default null."""

    query: str | None = None
    """For `keda`: PromQL of all requests per second; default null: the image's own counter, the probes left out."""


class BackupSettings(Section):
    """Where CloudNativePG puts backups; without a place none are made."""

    destination: Annotated[
        Annotated[str, Matching(r"s3://[^\s@]+", "must be an s3 URL", "Write it like s3://bucket/path")]
        | None,
        Unprinted(),
    ] = None
    """Object store, such as `s3://bucket/path`; default null. Keeps the log too: any point in time comes back."""

    endpoint: Annotated[Url | None, Unprinted()] = None
    """The store's address where it is not AWS'; default null."""

    secret: Name | None = None
    """Secret with ACCESS_KEY_ID and ACCESS_SECRET_KEY; default null: the pod's own identity
    (`serviceAccountAnnotations`, or EKS Pod Identity for the service account `postgres`)."""

    volume_snapshot_class: Name | None = None
    """Snapshots by this class instead, of a standby that is stopped for it; default null. None is ever deleted."""

    schedule: Annotated[
        str,
        Matching(
            r"\S+( \S+){5}", "must be a cron line of six fields", "Write it like 0 0 2 * * *: seconds first"
        ),
    ] = "0 0 2 * * *"
    """When; six fields, seconds first; default every day at 2:00."""

    def conflicts(self) -> Iterator[Conflict]:
        """One place, with a port that the network can be told."""
        try:
            _ = urlsplit(self.endpoint or "").port
        except ValueError:
            yield Conflict("endpoint", "has no valid port", "Use one from 1 to 65535")
        if self.destination is not None and self.volume_snapshot_class is not None:
            yield Conflict(
                "destination", "given together with backups.volumeSnapshotClass", "Keep one of the two"
            )

    @property
    def made(self) -> bool:
        """Whether there is a place for them."""
        return self.destination is not None or self.volume_snapshot_class is not None


class CloudNativePg(Section):
    """The operator's Postgres, for `postgres.highAvailability`."""

    instances: Annotated[Whole, Between(2, 9)] = 3
    """Servers, one of them the primary; default 3: two failures before an outage."""

    operator_namespace: Label = "cnpg-system"
    """Namespace of the operator, which asks the servers how they are; default cnpg-system."""

    backups: BackupSettings = Field(default_factory=BackupSettings)
    """Where `postgres.backups` go."""

    service_account_annotations: Annotated[Texts, Unprinted()] = Field(default_factory=dict)
    """Annotations of the servers' service account, such as `eks.amazonaws.com/role-arn`: the identity that opens
    `backups.destination` where `backups.secret` is null; default none."""


class Monitoring(Section):
    """Objects for the Prometheus operator."""

    enabled: bool = False
    """Whether to create a ServiceMonitor and a PrometheusRule; default false: not every cluster has the operator."""

    namespace: Label = "monitoring"
    """Namespace of Prometheus, from which the instances may be read; default monitoring."""

    labels: Annotated[Texts, Unprinted()] = Field(default_factory=dict)
    """Labels by which the operator chooses the objects, such as `release: prometheus`; default none."""


class KubernetesSettings(Section):
    """The Kubernetes target's own settings; the topology is the same on every target."""

    context: str | None = None
    """Context of the kubeconfig, so that a stack never reaches another cluster; default null: the current one."""

    namespace: Label | None = None
    """Namespace of this service alone. Default: `<project>-<stack>`."""

    create_namespace: bool = True
    """Whether the namespace is created, with Pod Security `restricted`; default true."""

    existing_secret: Name | None = None
    """A Secret in the namespace with every password and key (docs/kubernetes.md lists them); default null: they are
    generated, or given by Pulumi secrets, and kept in the state."""

    images: ImageReferences = Field(default_factory=ImageReferences)
    """Images and how they are pulled."""

    load_balancer: LoadBalancerSettings = Field(default_factory=LoadBalancerSettings)
    """What stands in front of the instances."""

    tls: TlsSettings = Field(default_factory=TlsSettings)
    """Who makes the certificate."""

    scaling: ScalingSettings = Field(default_factory=ScalingSettings)
    """Who owns the number of instances."""

    cloud_native_pg: CloudNativePg = Field(default_factory=CloudNativePg)
    """Postgres with a standby."""

    monitoring: Monitoring = Field(default_factory=Monitoring)
    """Objects for the Prometheus operator."""

    storage_class: Name | None = None
    """Class of the stores' volumes; default null: the cluster's default."""

    node_selector: Annotated[Texts, Unprinted()] = Field(default_factory=dict)
    """Labels of the nodes that may run the pods; default none: all."""

    dns: Name = "kube-dns.kube-system.svc.cluster.local"
    """Full name of the cluster's DNS service, by which nginx finds the instances. Its last labels are the cluster's
    domain. Default kube-dns.kube-system.svc.cluster.local."""

    update_timeout: Annotated[Duration, Between(30, 24 * HOUR, duration_text)] = 900.0
    """How long an `up` waits for a workload to become ready before it fails. Default 15m."""
