"""Target `docker`: the topology as Docker Swarm services."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi

from agno_ha.address import Address
from agno_ha.credentials import Credentials, app_secrets
from agno_ha.environment import app_environment
from agno_ha.targets.docker import app, limits, load_balancer, network, postgres, redis, scaling
from agno_ha.targets.docker.images import Images, refer, resolve
from agno_ha.targets.docker.scaling import surge
from agno_ha.targets.docker.settings import DockerSettings
from agno_ha.targets.docker.swarm import Scope
from agno_ha.topology import Topology
from agno_ha.topology.problem import Problem

__all__ = [
    "ADMINISTRATOR",
    "AUTOSCALES",
    "FAILOVER",
    "Settings",
    "deploy",
    "facts",
    "has_secrets",
    "problems",
    "resolve_images",
    "surge",
    "url",
]

Settings = DockerSettings
AUTOSCALES = False
FAILOVER = False
ADMINISTRATOR = True


def problems(topology: Topology, settings: DockerSettings, namespace: str | None = None) -> list[Problem]:
    """Return what of a topology Docker would refuse: nothing; what it ignores is warned of (`limits`)."""
    del topology, settings, namespace
    return []


def facts(topology: Topology, settings: DockerSettings) -> Mapping[str, int | float | str | bool]:
    """Return the facts that are other here than the topology says: none."""
    del topology, settings
    return {}


def has_secrets(settings: DockerSettings) -> bool:
    """Return whether the engine holds the passwords already: never."""
    del settings
    return False


def deploy(
    name: str,
    *,
    namespace: str,
    topology: Topology,
    settings: DockerSettings,
    images: Images,
    credentials: Credentials,
    parent: pulumi.Resource,
    protect: bool,
) -> Address:
    """Create every service of the topology and return the URL, known once nginx and the instances run."""
    scope = Scope(name, namespace, topology, settings, images, parent, protect)
    limits.warn(topology, parent)
    networks = network.create(scope)
    databases, database = postgres.create(scope, networks, credentials)
    caches, cache = redis.create(scope, networks, credentials)
    web = app.create(
        scope,
        networks,
        replicas=scaling.replicas(topology, parent),
        environment=app_environment(topology, namespace=namespace, postgres=database, redis=cache),
        secrets=app_secrets(credentials),
        depends_on=[*databases, *caches],
    )
    front = load_balancer.create(scope, networks, credentials)
    return Address(pulumi.Output.all(front.id, web.id).apply(lambda _: url(topology)))


def resolve_images(topology: Topology, settings: DockerSettings) -> Images:
    """Return the images, pinned by what the engine has; missing ones are pulled or built.

    The offline plan for a policy check has no engine: it sets `agno-ha:resolveImages` and gets the references.
    """
    if pulumi.Config("agno-ha").get("resolveImages") == "false":
        return refer(topology, settings)
    return resolve(topology, settings, lambda line: pulumi.log.info(line, ephemeral=True))


def url(topology: Topology) -> str:
    """Return the address on the engine's own machine.

    Not `localhost`: where that is ::1 first, the engine's IPv6 listener accepts for the routing mesh and none answers.
    """
    balancer = topology.load_balancer
    return balancer.url("127.0.0.1", secure=balancer.tls.mode != "off")
