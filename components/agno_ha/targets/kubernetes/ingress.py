"""An Ingress for the cluster's controller, told what it needs to know of silent streams and large bodies."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from agno_ha.targets.kubernetes import quantities
from agno_ha.targets.kubernetes.scope import File, Scope

NOWHERE = "nowhere"
"""A Service without pods: where the Ingress sends what is not for clients."""


def create(scope: Scope, secret: File | None, depends_on: list[pulumi.Resource]) -> pulumi.Output[str]:
    """Create the Ingress, and return the URL."""
    settings = scope.settings.load_balancer
    kubernetes.core.v1.Service(
        f"{scope.name}-{NOWHERE}",
        metadata=scope.metadata(NOWHERE, annotations={"pulumi.com/skipAwait": "true"}),
        spec={"type": "ClusterIP", "ports": [{"name": "http", "port": 80, "protocol": "TCP"}]},
        opts=scope.options(),
    )
    rule: dict[str, Any] = {
        "http": {
            # Metrics are for the operators' network, not for the clients.
            "paths": [_path("/metrics", "Exact", NOWHERE), _path("/", "Prefix", "web")]
        }
    }
    spec: dict[str, Any] = {"rules": [rule]}
    if settings.host is not None:
        rule["host"] = settings.host
    if settings.ingress_class is not None:
        spec["ingressClassName"] = settings.ingress_class
    if secret is not None:
        spec["tls"] = [{"hosts": [settings.host], "secretName": secret.source["secret"]["secretName"]}]
    made = kubernetes.networking.v1.Ingress(
        f"{scope.name}-web",
        metadata=scope.metadata("web", annotations={**told(scope), **settings.annotations}),
        spec=spec,
        opts=scope.options(depends_on=depends_on, wait=True),
    )
    scheme = "https" if secret is not None else "http"
    return pulumi.Output.concat(
        f"{scheme}://", made.status.apply(lambda status: settings.host or _given(status))
    )


def told(scope: Scope) -> dict[str, str]:
    """Return what the controller is told, in its own words."""
    balancer, app = scope.topology.load_balancer, scope.topology.app
    idle, connect = quantities.seconds(balancer.idle_timeout), quantities.seconds(balancer.connect_timeout)
    secure = str(balancer.tls.mode != "off").lower()
    of_nginx = {
        "proxy-read-timeout": str(idle),
        "proxy-send-timeout": str(idle),
        "proxy-connect-timeout": str(connect),
        "proxy-body-size": str(balancer.body_limit),
        "proxy-buffering": "off",
        # POST is not idempotent to nginx: it goes to another instance only where it was not sent to the first.
        "proxy-next-upstream": "error timeout",
        "proxy-next-upstream-tries": "3",
        "ssl-redirect": secure,
    }
    of_haproxy = {
        "timeout-server": f"{idle}s",
        "timeout-tunnel": f"{idle}s",
        "timeout-connect": f"{connect}s",
        "ssl-redirect": secure,
    }
    of_alb = {
        "scheme": "internet-facing",
        "target-type": "ip",
        "load-balancer-attributes": f"idle_timeout.timeout_seconds={idle}",
        "target-group-attributes": "deregistration_delay.timeout_seconds="
        f"{quantities.seconds(app.drain.delay + app.drain.timeout)}",
        "healthcheck-path": "/ready",
    }
    if balancer.tls.mode != "off":
        # Without them it listens on 80 alone: its certificate is ACM's, so spec.tls tells it nothing.
        of_alb |= {"listen-ports": '[{"HTTP":80},{"HTTPS":443}]', "ssl-redirect": "443"}
    prefix, words = {
        "ingress-nginx": ("nginx.ingress.kubernetes.io", of_nginx),
        "haproxy": ("haproxy.org", of_haproxy),
        "alb": ("alb.ingress.kubernetes.io", of_alb),
        "other": ("", {}),
    }[scope.settings.load_balancer.controller]
    return {f"{prefix}/{key}": value for key, value in words.items()}


def _path(path: str, kind: str, service: str) -> dict[str, Any]:
    return {
        "path": path,
        "pathType": kind,
        "backend": {"service": {"name": service, "port": {"name": "http"}}},
    }


def _given(status: Any) -> str:
    given = getattr(getattr(status, "load_balancer", None), "ingress", None) or []
    first = given[0] if given else None
    return str(getattr(first, "hostname", None) or getattr(first, "ip", None) or "unknown")
