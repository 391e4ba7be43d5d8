"""The nginx configuration that stands in front of the instances, wherever nginx runs.

A pure function of the topology. It resolves the instances' name at run time, retries only what was never
sent, never buffers an answer (Server-Sent Events), upgrades WebSockets and writes a JSON access log.
"""

from __future__ import annotations

from math import ceil
from string import Template

from agno_ha.topology import Topology

HTTP_PORT = 8080
"""Port inside the container for plain HTTP (unprivileged: nginx does not run as root)."""
HTTPS_PORT = 8443
"""Port inside the container for HTTPS."""
STATUS_PORT = 8081
"""Port inside the container, on loopback only, that answers nginx's own health check."""
TLS_DIRECTORY = "/etc/nginx/tls"
"""Where the certificate (`tls.crt`) and the private key (`tls.key`) are mounted."""

# A cloud's load balancer in front drops a connection that is silent for minutes, as a stream may be.
_KEEPALIVE = "so_keepalive=30s:10s:6"

_MAIN = Template(
    """\
worker_processes $workers;
pid /tmp/nginx.pid;
error_log stderr warn;
events { worker_connections 8192; }
worker_rlimit_nofile 20000;
http {
  log_format json escape=json '{"time":"$time_iso8601","client":"$remote_addr","method":"$request_method",'
    '"path":"$uri","status":$status,"bytes":$bytes_sent,"seconds":$request_time,"upstream":"$upstream_addr",'
    '"upstream_status":"$upstream_status","instance":"$upstream_http_x_agno_instance","request_id":"$request_id"}';
  access_log /dev/stdout json;
  server_tokens off;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  client_max_body_size $body_limit;
  map $http_upgrade $connection_upgrade { default upgrade; '' ''; }
  # The cluster's DNS names only healthy instances, so a new or a lost one is seen within a second.
  resolver $resolver valid=1s ipv6=off;
  resolver_timeout 2s;
  server {
    listen $status_address:$status_port;
    access_log off;
    location = /status { return 200; }
  }
$servers}
"""
)

_REDIRECT = Template(
    """\
  server {
    listen $http_port;
    location / { return 308 https://$host$public_port$request_uri; }
  }
"""
)

_SERVER = Template(
    """\
  server {
    listen $listen;
$tls    set $instances $upstream;
    # Metrics are for the operators' network, not for the clients.
    location = /metrics { return 404; }
$nobody    location / {
      proxy_pass http://$instances:$app_port;
      proxy_http_version 1.1;
      proxy_set_header Host $http_host;
      proxy_set_header X-Forwarded-For $proxy_add_x_forwarded_for;
      proxy_set_header X-Forwarded-Proto $scheme;
      proxy_set_header X-Request-Id $request_id;
      proxy_set_header Upgrade $http_upgrade;
      proxy_set_header Connection $connection_upgrade;
      proxy_buffering off;
      proxy_connect_timeout $connect_timeout;
      proxy_send_timeout $idle_timeout;
      proxy_read_timeout $idle_timeout;
      # POST is not idempotent to nginx: it goes to another instance only where it was not sent to the first.
      proxy_next_upstream error timeout;
      proxy_next_upstream_tries 3;
    }
  }
"""
)

_TLS = Template(
    """\
    ssl_certificate $directory/tls.crt;
    ssl_certificate_key $directory/tls.key;
    ssl_protocols TLSv1.2 TLSv1.3;
    ssl_session_cache shared:tls:10m;
    add_header Strict-Transport-Security "max-age=31536000" always;
"""
)

# $upstream_addr is empty only where no instance was even tried: then a client may safely repeat its request.
_NOBODY = """\
    error_page 502 = @failed;
    location @failed {
      if ($upstream_addr = '') { rewrite ^ /unavailable last; }
      return 502;
    }
    location = /unavailable {
      internal;
      default_type application/json;
      add_header Retry-After 5 always;
      return 503 '{"detail":"no instance is ready"}';
    }
"""


def render(
    topology: Topology,
    *,
    upstream: str,
    resolver: str,
    status_address: str = "127.0.0.1",
    say_unavailable: bool = False,
) -> str:
    """Return the complete nginx.conf.

    Args:
        topology: timeouts, body limit, TLS and the app's port are taken from it.
        upstream: DNS name that resolves to every instance ready for traffic.
        resolver: address of the DNS server inside the cluster (Docker: 127.0.0.11).
        status_address: where nginx's own health check is answered. Default: on loopback only.
        say_unavailable: answer 503 with Retry-After, in place of 502, where no instance is ready and so nothing was
            sent to any; where DNS names instances that are not ready (Docker), they say it themselves.
    """
    balancer = topology.load_balancer
    secure = balancer.tls.mode != "off"
    server = _SERVER.safe_substitute(
        listen=f"{HTTPS_PORT} ssl http2 {_KEEPALIVE}" if secure else f"{HTTP_PORT} {_KEEPALIVE}",
        tls=_TLS.substitute(directory=TLS_DIRECTORY) if secure else "",
        upstream=upstream,
        nobody=_NOBODY if say_unavailable else "",
        app_port=topology.app.port,
        connect_timeout=_milliseconds(balancer.connect_timeout),
        idle_timeout=_milliseconds(balancer.idle_timeout),
    )
    public_port = "" if balancer.https_port == 443 else f":{balancer.https_port}"
    redirect = _REDIRECT.safe_substitute(http_port=HTTP_PORT, public_port=public_port) if secure else ""
    return _MAIN.safe_substitute(
        workers=max(2, ceil(balancer.cpu)),
        body_limit=balancer.body_limit,
        resolver=resolver,
        status_address=status_address,
        status_port=STATUS_PORT,
        servers=redirect + server,
    )


def _milliseconds(seconds: float) -> str:
    return f"{round(seconds * 1000)}ms"
