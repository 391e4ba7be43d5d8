"""nginx on Docker: in front of the instances, found by name at run time."""

from __future__ import annotations

import pulumi_docker as docker

from agno_ha import nginx, tls
from agno_ha.credentials import Credentials
from agno_ha.servers import NGINX_UID
from agno_ha.targets.docker.network import Networks
from agno_ha.targets.docker.swarm import Health, Scope, Updates, service, tmpfs

_PROBE = (
    f"exec 3<>/dev/tcp/127.0.0.1/{nginx.STATUS_PORT};"
    "printf 'GET /status HTTP/1.0\\r\\n\\r\\n' >&3;read -r answer <&3;[[ $answer == *200* ]]"
)


def create(scope: Scope, networks: Networks, credentials: Credentials) -> docker.Service:
    """Create nginx and publish it; with TLS where the topology has it."""
    balancer = scope.topology.load_balancer
    host = scope.settings.publish_mode == "host"
    configuration = nginx.render(scope.topology, upstream="web", resolver="127.0.0.11")
    secrets = []
    ports = [_port(scope, balancer.http_port, nginx.HTTP_PORT)]
    pair = tls.pair(scope.topology, credentials)
    if pair is not None:
        public, private_key = pair
        ports.append(_port(scope, balancer.https_port, nginx.HTTPS_PORT))
        secrets = [
            scope.secret("tls-certificate", public, uid=NGINX_UID, path=f"{nginx.TLS_DIRECTORY}/tls.crt"),
            scope.secret("tls-key", private_key, uid=NGINX_UID, path=f"{nginx.TLS_DIRECTORY}/tls.key"),
        ]
    return service(
        scope,
        "nginx",
        image=scope.images.nginx,
        uid=NGINX_UID,
        cpu=balancer.cpu,
        memory=balancer.memory,
        replicas=balancer.replicas,
        # A published host port can't be held twice, so there the old one goes first.
        updates=Updates(order="stop-first" if host else "start-first"),
        health=Health(command=["CMD", "bash", "-c", _PROBE], interval=2, timeout=3, retries=5),
        networks=[networks.edge],
        # nginx lets the streams in flight finish after SIGQUIT.
        stop_signal="SIGQUIT",
        stop_grace=scope.topology.app.drain.grace if not host else 10,
        args=["nginx", "-c", "/etc/nginx/agno-ha.conf", "-g", "daemon off;"],
        configs=[scope.config("nginx-conf", configuration, path="/etc/nginx/agno-ha.conf")],
        secrets=secrets,
        mounts=[tmpfs("/tmp", balancer.memory // 2)],  # noqa: S108
        endpoint=docker.ServiceEndpointSpecArgs(mode="dnsrr" if host else "vip", ports=ports),
    )


def _port(scope: Scope, published: int, target: int) -> docker.ServiceEndpointSpecPortArgs:
    return docker.ServiceEndpointSpecPortArgs(
        protocol="tcp", target_port=target, published_port=published, publish_mode=scope.settings.publish_mode
    )
