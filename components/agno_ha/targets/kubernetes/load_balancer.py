"""What stands in front of the instances: nginx of our own, the cluster's Ingress controller, or a bare Service."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from agno_ha import nginx, tls
from agno_ha.credentials import Credentials
from agno_ha.servers import NGINX_UID
from agno_ha.targets.kubernetes import ingress, quantities
from agno_ha.targets.kubernetes.app import disruption
from agno_ha.targets.kubernetes.certificates import certificate
from agno_ha.targets.kubernetes.names import selector
from agno_ha.targets.kubernetes.pod import Container, probe, template
from agno_ha.targets.kubernetes.scope import File, Scope, memory
from agno_ha.targets.kubernetes.store import service

_CONF = "/etc/nginx/agno-ha.conf"
_CERTIFICATE = f"{nginx.TLS_DIRECTORY}/tls.crt"
# nginx reads a certificate once; an issuer renews it, and the kubelet changes the file.
_RELOAD = (
    f"seen=$(stat -Lc %Y {_CERTIFICATE}); while sleep 60; do now=$(stat -Lc %Y {_CERTIFICATE});"
    f' if [ "$now" != "$seen" ]; then seen=$now; nginx -c {_CONF} -s reload; fi; done'
)
# SIGQUIT lets the streams in flight finish; the kubelet's own SIGTERM would cut them, so it must find nobody.
_STOP = "sleep {delay}; kill -QUIT 1; while kill -0 1; do sleep 0.2; done"


def create(scope: Scope, credentials: Credentials, depends_on: list[pulumi.Resource]) -> pulumi.Output[str]:
    """Create what the settings choose, and return the URL."""
    kind = scope.settings.load_balancer.kind
    secret = certificate(scope, tls.pair(scope.topology, credentials))
    if kind == "ingress":
        return ingress.create(scope, secret, depends_on)
    if kind == "service":
        ports = {"http": scope.topology.load_balancer.http_port}
        return _address(scope, _public(scope, "web", ports, "LoadBalancer", depends_on))
    return _nginx(scope, secret, depends_on)


def _nginx(scope: Scope, secret: File | None, depends_on: list[pulumi.Resource]) -> pulumi.Output[str]:
    balancer, settings, drain = scope.topology.load_balancer, scope.settings, scope.topology.app.drain
    # Each instance by its own address: nginx tries the next one where the first does not answer.
    service(scope, "web-pods", {"http": scope.topology.app.port}, component="web", headless=True)
    domain = settings.dns.partition(".svc.")[2] or "cluster.local"
    configuration = nginx.render(
        scope.topology,
        upstream=f"web-pods.{scope.namespace}.svc.{domain}",
        resolver=settings.dns,
        status_address="0.0.0.0",  # noqa: S104 - the kubelet asks; the network policies let nobody else in
        say_unavailable=True,
    )
    status: dict[str, Any] = {"httpGet": {"path": "/status", "port": "status"}}
    serve = ["nginx", "-c", _CONF, "-g", "daemon off;"]
    renewed = settings.tls.issuer is not None or settings.tls.secret_name is not None
    if secret is not None and renewed:
        serve = ["bash", "-c", f"({_RELOAD}) & exec nginx -c {_CONF} -g 'daemon off;'"]
    ports = {"http": (balancer.http_port, nginx.HTTP_PORT)}
    if secret is not None:
        ports["https"] = (balancer.https_port, nginx.HTTPS_PORT)
    delay = quantities.seconds(drain.delay, least=0)
    container = Container(
        name="nginx",
        image=scope.images.nginx,
        cpu=balancer.cpu,
        memory=balancer.memory,
        args=serve,
        ports={**{name: inside for name, (_, inside) in ports.items()}, "status": nginx.STATUS_PORT},
        files=[
            scope.config("nginx-conf", "nginx", configuration, path=_CONF),
            memory("/tmp", quantities.size(balancer.memory // 2)),  # noqa: S108
            *([secret] if secret is not None else []),
        ],
        probes={
            "livenessProbe": probe(status, period=5),
            "readinessProbe": probe(status, period=2, failures=1),
        },
        before_stop={"exec": {"command": ["bash", "-c", _STOP.format(delay=delay)]}},
    )
    # Two at least: one would be what fails; the topology's default is what a single Docker node can publish.
    replicas = balancer.replicas if "replicas" in balancer.model_fields_set else max(2, balancer.replicas)
    deployed = kubernetes.apps.v1.Deployment(
        f"{scope.name}-nginx",
        metadata=scope.metadata("nginx"),
        spec={
            "replicas": replicas,
            "selector": {"matchLabels": selector("nginx")},
            "strategy": {"type": "RollingUpdate", "rollingUpdate": {"maxSurge": 1, "maxUnavailable": 0}},
            "template": template(
                scope, "nginx", container, uid=NGINX_UID, grace=delay + drain.grace, spread=True
            ),
        },
        opts=scope.options(depends_on=depends_on, wait=True),
    )
    disruption(scope, "nginx")
    published = {name: public for name, (public, _) in ports.items()}
    kind = settings.load_balancer.service_type
    return _address(scope, _public(scope, "nginx", published, kind, [deployed]))


def _public(
    scope: Scope, component: str, ports: dict[str, int], kind: str, depends_on: list[pulumi.Resource]
) -> kubernetes.core.v1.Service:
    metadata = scope.metadata("balancer")
    if scope.settings.load_balancer.annotations:
        metadata["annotations"] = dict(scope.settings.load_balancer.annotations)
    return kubernetes.core.v1.Service(
        f"{scope.name}-balancer",
        metadata=metadata,
        spec={
            "type": kind,
            "selector": selector(component),
            "ports": [
                {"name": name, "port": port, "targetPort": name, "protocol": "TCP"}
                for name, port in ports.items()
            ],
        },
        opts=scope.options(depends_on=depends_on, wait=True),
    )


def _address(scope: Scope, front: kubernetes.core.v1.Service) -> pulumi.Output[str]:
    """Return the URL: the configured host, what the cloud gave, or the name inside the cluster."""
    inside = f"balancer.{scope.namespace}.svc"

    def of(status: Any) -> str:
        given = getattr(getattr(status, "load_balancer", None), "ingress", None) or []
        first = given[0] if given else None
        found = getattr(first, "hostname", None) or getattr(first, "ip", None)
        return url(scope, scope.settings.load_balancer.host or found or inside)

    address: pulumi.Output[str] = front.status.apply(of)
    return address


def url(scope: Scope, host: str) -> str:
    """Return the address of a host with the topology's scheme and port."""
    balancer = scope.topology.load_balancer
    return balancer.url(host, secure=balancer.tls.mode != "off")
