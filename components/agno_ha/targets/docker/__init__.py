"""Target `docker`: the topology as Docker Swarm services."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pulumi

from agno_ha import certificate
from agno_ha.credentials import Credentials
from agno_ha.environment import app_environment
from agno_ha.targets.docker import app, load_balancer, network, pooler, postgres, redis, scaling
from agno_ha.targets.docker.images import Images, refer, resolve
from agno_ha.targets.docker.scaling import surge
from agno_ha.targets.docker.settings import DockerSettings
from agno_ha.targets.docker.swarm import Scope
from agno_ha.topology import Topology

__all__ = ["Settings", "deploy", "resolve_images", "surge", "url"]

Settings = DockerSettings


def deploy(
    name: str,
    *,
    namespace: str,
    topology: Topology,
    settings: DockerSettings,
    images: Images,
    credentials: Credentials,
    given: Mapping[str, pulumi.Output[str]],
    parent: pulumi.Resource,
    protect: bool,
) -> pulumi.Output[str]:
    """Create every service of the topology and return the URL, known once nginx serves."""
    scope = Scope(name, namespace, topology, settings, images, parent, protect)
    networks = network.create(scope)
    stores: list[pulumi.Resource] = []
    database, database_port = topology.postgres.external.host or "postgres", topology.postgres.external.port
    ssl_mode = topology.postgres.external.ssl_mode if topology.postgres.mode == "external" else "disable"
    if credentials.postgres_admin is not None:
        database_port = 5432
        stores.append(
            postgres.create(
                scope,
                networks,
                password=credentials.postgres,
                administrator_password=credentials.postgres_admin,
            )
        )
    if topology.postgres.pooler.enabled:
        stores.append(
            pooler.create(
                scope,
                networks,
                host=database,
                port=database_port,
                ssl_mode=ssl_mode,
                password=credentials.postgres,
                depends_on=list(stores),
            )
        )
        # Inside the stack's own network; to an external server PgBouncer speaks TLS.
        database, database_port, ssl_mode = "pgbouncer", pooler.PORT, "disable"
    if topology.redis.mode == "managed":
        stores.append(redis.create(scope, networks, password=credentials.redis))
    web = app.create(
        scope,
        networks,
        replicas=scaling.replicas(topology, parent),
        environment=app_environment(
            topology,
            namespace=namespace,
            database=(database, database_port, ssl_mode),
            redis=(topology.redis.external.host or "redis", topology.redis.external.port)
            if topology.redis.mode == "external"
            else ("redis", 6379),
        ),
        secrets=_app_secrets(credentials),
        depends_on=stores,
    )
    public, private = _certificate(topology, credentials, given)
    front = load_balancer.create(scope, networks, certificate=public, private_key=private)
    return pulumi.Output.all(front.id, web.id).apply(lambda _: url(topology))


def resolve_images(topology: Topology, settings: DockerSettings) -> Images:
    """Return the images, pinned by what the engine has; missing ones are pulled or built.

    The offline plan for a policy check has no engine: it sets `agno-ha:resolveImages` and gets the references.
    """
    if pulumi.Config("agno-ha").get("resolveImages") == "false":
        return refer(topology, settings)
    return resolve(topology, settings, lambda line: pulumi.log.info(line, ephemeral=True))


def url(topology: Topology) -> str:
    """Return the address on the engine's own machine."""
    balancer = topology.load_balancer
    secure = balancer.tls.mode != "off"
    scheme, port, usual = ("https", balancer.https_port, 443) if secure else ("http", balancer.http_port, 80)
    return f"{scheme}://localhost" + ("" if port == usual else f":{port}")


def _app_secrets(credentials: Credentials) -> dict[str, pulumi.Output[str]]:
    secrets = {
        "POSTGRES_PASSWORD": credentials.postgres,
        "REDIS_PASSWORD": credentials.redis,
        "INTERNAL_SERVICE_TOKEN": credentials.service_token,
        **credentials.app,
    }
    if credentials.security_key is not None:
        secrets["OS_SECURITY_KEY"] = credentials.security_key
    return secrets


def _certificate(
    topology: Topology, credentials: Credentials, given: Mapping[str, pulumi.Output[str]]
) -> tuple[pulumi.Input[str] | None, pulumi.Output[str] | None]:
    tls = topology.load_balancer.tls
    if credentials.tls_seed is not None:
        pair = credentials.tls_seed.apply(certificate.generate)
        return pair.apply(lambda made: made[0]), pair.apply(lambda made: made[1])
    if tls.certificate and tls.private_key:
        return Path(tls.certificate).read_text(), given[tls.private_key]
    return None, None
