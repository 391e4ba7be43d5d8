"""Servers in the place of AWS's, under the names that the task definitions carry, tuned as moto's groups say."""

from __future__ import annotations

import io
import secrets
import tarfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import docker
from agno_ha import certificate
from agno_ha.servers import NGINX_UID, POSTGRES_UID, REDIS_UID, postgres_role, redis_users
from agno_ha.targets.ecs.sizes import NODE_TYPES
from agno_ha.topology import Topology
from aws.cloud import Cloud
from aws.rooms import READ
from docker.models.containers import Container
from harness.containers import execute
from harness.images import images
from harness.service import wait_for

from .agent import LABEL

_HBA = """\
local all all trust
hostssl all all all scram-sha-256
"""
"""`rds.force_ssl`: who comes without TLS is refused."""


class Servers:
    """Postgres and Redis, each with a certificate for its name, and the bundle by which they are trusted."""

    def __init__(self, cloud: Cloud, engine: docker.DockerClient, network: str, directory: Path) -> None:
        self._cloud, self._engine, self._network = cloud, engine, network
        self.trust = directory / "authorities.pem"
        self.certificates: dict[str, str] = {}
        self.postgres = self._postgres()
        self.redis = self._redis()
        self.trust.write_text("".join(self.certificates.values()))
        # On TCP: the server of the first start is on the socket only. AWS waits until an instance is available, too.
        ready = ["pg_isready", "-q", "-h", "127.0.0.1"]
        wait_for(lambda: execute(self.postgres, ready)[0] == 0, 600, "Postgres to take connections", every=2)

    def _postgres(self) -> Container:
        made = self._cloud.of("Instance", "agno-postgres")
        parameters = READ["ModifyDBParameterGroup"](
            self._cloud, self._cloud.of("ParameterGroup", "agno-postgres").outputs
        )
        tuned = {each["ParameterName"]: each["ParameterValue"] for each in parameters["Parameters"]}
        assert tuned.pop("rds.force_ssl") == "1"
        options = {"ssl": "on", "ssl_cert_file": "/run/secrets/tls.crt", "ssl_key_file": "/run/secrets/tls.key",
                   "hba_file": "/run/secrets/pg_hba.conf", **tuned}  # fmt: skip
        given = {"user": made.inputs["username"], "database": made.inputs["dbName"]}
        files = {
            "/run/secrets/pg_hba.conf": _HBA,
            "/run/secrets/postgres_password": made.inputs["password"],
            "/docker-entrypoint-initdb.d/10-app.sql": postgres_role(
                Topology.model_validate({"postgres": given}).postgres
            ),
        }
        return self._start(
            "postgres", str(made.outputs["address"]), POSTGRES_UID, files,
            ["postgres", *(part for name, value in options.items() for part in ("-c", f"{name}={value}"))],
            environment={"POSTGRES_USER": "postgres", "POSTGRES_PASSWORD": secrets.token_hex(16)},
        )  # fmt: skip

    def _redis(self) -> Container:
        made = self._cloud.of("ReplicationGroup", "agno-redis")
        [group] = self._cloud.stubbed["CacheParameterGroup"].values()
        tuned = {each["ParameterName"]: each["ParameterValue"] for each in group["ParameterNameValues"]}
        share = 100 - int(tuned.pop("reserved-memory-percent"))
        maxmemory = NODE_TYPES[made.inputs["nodeType"]] * share // 100
        options = {"port": "0", "tls-port": made.inputs["port"], "tls-cert-file": "/run/secrets/tls.crt",
                   "tls-key-file": "/run/secrets/tls.key", "tls-auth-clients": "no",
                   "tls-ca-cert-file": "/run/secrets/tls.crt", "aclfile": "/run/secrets/users.acl",
                   "maxmemory": maxmemory, **tuned}  # fmt: skip
        return self._start(
            "redis", str(made.outputs["primaryEndpointAddress"]), REDIS_UID,
            {"/run/secrets/users.acl": redis_users(made.inputs["authToken"])},
            ["redis-server", *(part for name, value in options.items() for part in (f"--{name}", str(value)))],
        )  # fmt: skip

    def _start(
        self, room: str, host: str, uid: int, files: Mapping[str, str], command: list[str], **options: Any
    ) -> Container:
        pair = certificate.generate(secrets.token_hex(16), host)
        self.certificates[room] = pair.certificate
        named = {self._network: self._engine.api.create_endpoint_config(aliases=[host])}
        made = self._engine.containers.create(
            images()[room],
            command,
            labels={LABEL: ""},
            network=self._network,
            networking_config=named,
            **options,
        )
        put(
            made,
            {**files, "/run/secrets/tls.crt": pair.certificate, "/run/secrets/tls.key": pair.private_key},
            uid,
        )
        made.start()
        return made


class Balancer:
    """nginx in the place of the load balancer: it sends to those that are registered, fewest requests first."""

    def __init__(self, engine: docker.DockerClient, network: str, port: int) -> None:
        self._port = port
        self.targets: list[str] = []
        self.container = engine.containers.create(
            images()["nginx"], ["nginx", "-c", "/etc/balancer/nginx.conf", "-g", "daemon off;"], labels={LABEL: ""},
            network=network, ports={"8080/tcp": ("127.0.0.1", None)},
        )  # fmt: skip
        self._write()
        self.container.start()

    @property
    def url(self) -> str:
        self.container.reload()
        [port] = self.container.attrs["NetworkSettings"]["Ports"]["8080/tcp"]
        return f"http://127.0.0.1:{port['HostPort']}"

    def register(self, address: str) -> None:
        self._change([*self.targets, address])

    def deregister(self, address: str) -> None:
        """Send nothing new there; what is under way ends."""
        self._change([each for each in self.targets if each != address])

    def _change(self, targets: list[str]) -> None:
        self.targets = targets
        self._write()
        code, said = execute(self.container, ["nginx", "-c", "/etc/balancer/nginx.conf", "-s", "reload"])
        assert code == 0, said.decode()

    def _write(self) -> None:
        lines = "".join(f"    server {address}:{self._port};\n" for address in self.targets)
        # The name of none is that of a target that takes nothing: the load balancer says 503.
        upstream = lines or "    server 127.0.0.1:9 down;\n"
        put(self.container, {"/etc/balancer/nginx.conf": _NGINX.replace("UPSTREAM", upstream)}, NGINX_UID)


_NGINX = """\
pid /tmp/nginx.pid;
error_log stderr warn;
events { worker_connections 1024; }
http {
  access_log /dev/stdout;
  client_body_temp_path /tmp/body;
  proxy_temp_path /tmp/proxy;
  fastcgi_temp_path /tmp/fastcgi;
  uwsgi_temp_path /tmp/uwsgi;
  scgi_temp_path /tmp/scgi;
  upstream targets {
    least_conn;
UPSTREAM    keepalive 16;
  }
  server {
    listen 8080;
    # A reload closes idle connections, which the load balancer does not when its targets change.
    keepalive_timeout 0;
    location / {
      proxy_pass http://targets;
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering off;
      proxy_read_timeout 3600s;
      # As the load balancer does: a request that was sent is never sent again.
      proxy_next_upstream off;
    }
  }
}
"""


def put(container: Container, files: Mapping[str, str], uid: int) -> None:
    """Write files into a container, also one that has not started: each for its user alone."""
    archive = io.BytesIO()
    with tarfile.open(fileobj=archive, mode="w") as tar:
        for path, text in files.items():
            entry = tarfile.TarInfo(path.lstrip("/"))
            entry.size, entry.mode, entry.uid, entry.gid = len(text.encode()), 0o400, uid, uid
            tar.addfile(entry, io.BytesIO(text.encode()))
    assert container.put_archive("/", archive.getvalue())
