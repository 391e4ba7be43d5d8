"""The namespace and who may talk to whom in it: nobody, but for the flows that exist."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import urlsplit

import pulumi_kubernetes as kubernetes

from agno_ha import nginx
from agno_ha.servers import PGBOUNCER_PORT, POSTGRES_PORT, REDIS_PORT
from agno_ha.targets.kubernetes import cloudnativepg
from agno_ha.targets.kubernetes.names import APP_PODS, labels, selector
from agno_ha.targets.kubernetes.pod import ACCOUNT
from agno_ha.targets.kubernetes.scope import Scope
from agno_ha.topology import Topology

_LEVELS = ("enforce", "audit", "warn")
_ANYWHERE: tuple[dict[str, Any], ...] = ()
"""No peers is everybody; a block of all addresses would leave out pods and nodes with some network plugins."""
# All but the cloud's metadata, which hands out the node's credentials.
_OUTSIDE: dict[str, Any] = {"ipBlock": {"cidr": "0.0.0.0/0", "except": ["169.254.169.254/32"]}}
# A cache of DNS on each node listens on a link-local address and on that of the Service, which no selector chooses.
_DNS_BLOCKS = ("169.254.0.0/16", "10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16")
# EKS' agent on each node, which exchanges a service account's token for credentials of AWS.
_POD_IDENTITY = {"ipBlock": {"cidr": "169.254.170.23/32"}}
_CNPG_STATUS = 8000
_SOLVER = 8089


@dataclass(frozen=True)
class _Flow:
    """Traffic with some peers."""

    peers: Sequence[dict[str, Any]]
    """None: with everybody."""
    ports: Sequence[int] = ()
    """Default: all."""
    protocols: Sequence[str] = ("TCP",)

    def rule(self, side: str) -> dict[str, Any]:
        ports = [{"protocol": name, "port": port} for port in self.ports for name in self.protocols]
        return {**({side: list(self.peers)} if self.peers else {}), **({"ports": ports} if ports else {})}


def create(scope: Scope) -> Scope:
    """Create the namespace, the service account and the policies; return the scope that waits for them."""
    if scope.settings.create_namespace:
        namespace = kubernetes.core.v1.Namespace(
            f"{scope.name}-namespace",
            metadata={
                "name": scope.namespace,
                "labels": {
                    **labels("namespace", scope.name),
                    **{f"pod-security.kubernetes.io/{level}": "restricted" for level in _LEVELS},
                },
            },
            # With it goes everything in it, the volumes too.
            opts=replace(scope, provider=scope.creator).options(protect=scope.protect),
        )
        scope = replace(scope, before=(namespace,))
    account = kubernetes.core.v1.ServiceAccount(
        f"{scope.name}-account",
        metadata=scope.metadata(ACCOUNT, "account"),
        automount_service_account_token=False,
        opts=scope.options(),
    )
    for room, spec in policies(scope).items():
        kubernetes.networking.v1.NetworkPolicy(
            f"{scope.name}-{room}", metadata=scope.metadata(room, "network"), spec=spec, opts=scope.options()
        )
    return replace(scope, before=(*scope.before, account))


def policies(scope: Scope) -> dict[str, dict[str, Any]]:
    """Return each policy's spec by its name."""
    topology = scope.topology
    where = scope.settings.dns.split(".")[1:2] or ["kube-system"]
    dns = [_namespace(where[0]), *({"ipBlock": {"cidr": block}} for block in _DNS_BLOCKS)]
    return {
        "default-deny": {"podSelector": {}, "policyTypes": ["Ingress", "Egress"]},
        "dns": _policy(None, to=[_Flow(dns, (53,), ("UDP", "TCP"))]),
        **_stores(scope),
        **_app(scope),
        **(_nginx(topology) if scope.settings.load_balancer.kind == "nginx" else {}),
        **(_solver() if scope.settings.tls.issuer and scope.settings.load_balancer.kind == "ingress" else {}),
    }


def _stores(scope: Scope) -> dict[str, dict[str, Any]]:
    postgres = scope.topology.postgres
    made = {}
    app = [
        _component(name) for name in APP_PODS if name != "scheduler" or scope.topology.app.scheduler.enabled
    ]
    if postgres.mode == "managed":
        # With a pooler it alone asks the server.
        clients = [_component("pgbouncer")] if postgres.pooler.enabled else app
        come, to = [_Flow(clients, (POSTGRES_PORT,))], None
        if postgres.high_availability:
            come, to = _cluster(scope, come[0])
        made["postgres"] = _policy("postgres", come=come, to=to)
    if postgres.pooler.enabled:
        server = _Flow([_server(scope)], (POSTGRES_PORT,))
        if postgres.mode == "external":
            server = _Flow([_OUTSIDE], (postgres.external.port,))
        made["pgbouncer"] = _policy("pgbouncer", come=[_Flow(app, (PGBOUNCER_PORT,))], to=[server])
    if scope.topology.redis.mode == "managed":
        made["redis"] = _policy("redis", come=[_Flow(app, (REDIS_PORT,))])
    return made


def _cluster(scope: Scope, clients: _Flow) -> tuple[list[_Flow], list[_Flow]]:
    """CloudNativePG's servers replicate, answer the operator, ask the API server and write backups."""
    operator = _namespace(scope.settings.cloud_native_pg.operator_namespace)
    ports = (POSTGRES_PORT, _CNPG_STATUS)
    come = [clients, _Flow([_component("postgres")], ports), _Flow([operator], ports)]
    return come, [_Flow([_server(scope)], ports), _Flow([_OUTSIDE], (443, 6443)), *_object_store(scope)]


def _object_store(scope: Scope) -> list[_Flow]:
    """Return the way to the backups' store, which may be a pod or a node, and to the identity that opens it."""
    place = scope.settings.cloud_native_pg.backups
    if place.destination is None or not cloudnativepg.backed_up(scope.topology, scope.settings):
        return []
    flows = []
    if place.endpoint is not None:
        url = urlsplit(place.endpoint)
        flows.append(_Flow(_ANYWHERE, (url.port or {"http": 80, "https": 443}[url.scheme],)))
    if place.secret is None:
        flows.append(_Flow([_POD_IDENTITY], (80,)))
    return flows


def _server(scope: Scope) -> dict[str, Any]:
    """Return whom to ask for Postgres.

    EKS' agent follows a Service only where the peer's labels are in the Service's own selector, and the operator's
    Service chooses by its own labels.
    """
    if scope.topology.postgres.high_availability:
        return {"podSelector": cloudnativepg.SERVERS}
    return _component("postgres")


def _app(scope: Scope) -> dict[str, dict[str, Any]]:
    topology, balancer, monitoring = scope.topology, scope.settings.load_balancer, scope.settings.monitoring
    stores = [(_component("redis"), REDIS_PORT)] if topology.redis.mode == "managed" else []
    if topology.postgres.pooler.enabled:
        stores.append((_component("pgbouncer"), PGBOUNCER_PORT))
    elif topology.postgres.mode == "managed":
        stores.append((_server(scope), POSTGRES_PORT))
    # The models are outside, wherever they are; some networks don't count pods to a block of addresses.
    out = [_Flow([_OUTSIDE]), *(_Flow([store], (port,)) for store, port in stores)]
    controller = balancer.controller_namespace
    front = {
        "nginx": (_component("nginx"),),
        "ingress": (_namespace(controller),) if controller else _ANYWHERE,
        "service": _ANYWHERE,
    }[balancer.kind]
    # Prometheus reads the instances for alerts, and for an autoscaler that asks it.
    read = monitoring.enabled or scope.settings.scaling.prometheus is not None
    readers = [_namespace(monitoring.namespace)] if read else []
    come = [_Flow(front, (topology.app.port,))]
    if readers and front:
        come.append(_Flow(readers, (topology.app.port,)))
    made = {"web": _policy("web", come=come, to=out)}
    if topology.app.scheduler.enabled:
        read_only = [_Flow(readers, (topology.app.port,))] if readers else None
        made["scheduler"] = _policy("scheduler", come=read_only, to=out)
    return made


def _nginx(topology: Topology) -> dict[str, dict[str, Any]]:
    secure = topology.load_balancer.tls.mode != "off"
    ports = (nginx.HTTP_PORT, nginx.HTTPS_PORT) if secure else (nginx.HTTP_PORT,)
    to_web = _Flow([_component("web")], (topology.app.port,))
    return {"nginx": _policy("nginx", come=[_Flow(_ANYWHERE, ports)], to=[to_web])}


def _solver() -> dict[str, dict[str, Any]]:
    """cert-manager's pods in our namespace, which answer an HTTP-01 challenge through the Ingress controller."""
    spec = {
        "podSelector": {"matchLabels": {"acme.cert-manager.io/http01-solver": "true"}},
        "policyTypes": ["Ingress"],
        "ingress": [_Flow(_ANYWHERE, (_SOLVER,)).rule("from")],
    }
    return {"http01": spec}


def _policy(
    component: str | None, *, come: Sequence[_Flow] | None = None, to: Sequence[_Flow] | None = None
) -> dict[str, Any]:
    """Allow flows of a component's pods, or of all; a side that is not given stays denied."""
    spec: dict[str, Any] = {
        "podSelector": {"matchLabels": selector(component)} if component else {},
        "policyTypes": [name for name, flows in (("Ingress", come), ("Egress", to)) if flows is not None],
    }
    if come is not None:
        spec["ingress"] = [flow.rule("from") for flow in come]
    if to is not None:
        spec["egress"] = [flow.rule("to") for flow in to]
    return spec


def _component(name: str) -> dict[str, Any]:
    return {"podSelector": {"matchLabels": selector(name)}}


def _namespace(name: str) -> dict[str, Any]:
    return {"namespaceSelector": {"matchLabels": {"kubernetes.io/metadata.name": name}}}
