"""Target `ecs`: the topology on AWS, from the load balancer to the alarms."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_aws as aws

from agno_ha.address import Address
from agno_ha.credentials import Credentials, app_secrets
from agno_ha.environment import Server, app_environment
from agno_ha.targets.ecs import (
    alarms,
    app,
    certificate,
    dashboard,
    ignored,
    limits,
    load_balancer,
    network,
    postgres,
    redis,
    scaling,
    secrets,
    security,
)
from agno_ha.targets.ecs.limits import problems
from agno_ha.targets.ecs.postgres import Endpoint
from agno_ha.targets.ecs.scaling import surge
from agno_ha.targets.ecs.scope import Scope
from agno_ha.targets.ecs.settings import EcsSettings
from agno_ha.topology import Topology

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
]

Settings = EcsSettings
AUTOSCALES = True
FAILOVER = True
ADMINISTRATOR = False
"""RDS keeps the superuser to itself."""


def facts(topology: Topology, settings: EcsSettings) -> Mapping[str, int | float | str | bool]:
    """Return the facts that are other here than the topology says."""
    source = certificate.source(topology, settings)
    managed = topology.redis.mode == "managed"
    return {
        "tls": {"arn": "provided", "plain": "off"}.get(source or "plain", source or "off"),
        # RDS and ElastiCache refuse what is not encrypted.
        "postgresTls": topology.postgres.mode == "managed"
        or topology.postgres.external.ssl_mode != "disable",
        "redisTls": managed or topology.redis.external.tls,
        # ElastiCache keeps no log; a second node keeps the data.
        "appendonly": topology.redis.persistence.appendonly and not managed,
        "backupRetention": topology.postgres.backups.retention,
        "redisFailover": managed and topology.redis.high_availability,
    }


def has_secrets(settings: EcsSettings) -> bool:
    """Return whether AWS holds the passwords already: never."""
    del settings
    return False


def resolve_images(topology: Topology, settings: EcsSettings) -> str:
    """Return the app's image; Fargate pulls it from its registry."""
    return str(topology.app.image or settings.image)


def deploy(
    name: str,
    *,
    namespace: str,
    topology: Topology,
    settings: EcsSettings,
    images: str,
    credentials: Credentials,
    parent: pulumi.Resource,
    protect: bool,
) -> Address:
    """Create everything and return where it is reached, known once the instances run what was asked for."""
    provider = parent.get_provider("aws:ecs/service:Service") or aws.Provider(
        f"{name}-aws", region=settings.region, opts=pulumi.ResourceOptions(parent=parent)
    )
    scope = Scope(name, namespace, topology, settings, images, parent, provider, protect)
    ignored.warn(topology, settings, parent)
    secure = certificate.source(topology, settings) != "plain"
    net = network.create(scope)
    groups = security.create(scope, net, ports=load_balancer.ports(scope, secure=secure))
    database = postgres.create(scope, net, groups, credentials)
    cache = redis.create(scope, net, groups, credentials)
    front = load_balancer.create(scope, net, groups, certificate.create(scope, credentials))
    references = secrets.create(scope, app_secrets(credentials))
    running = app.create(
        scope,
        net,
        groups,
        front,
        environment=_environment(scope, database.endpoint, cache.endpoint),
        secrets=references,
        depends_on=[*database.waits, *cache.waits],
    )
    scaling.create(scope, running.cluster, running.web, front)
    rows = list(alarms.table(scope, running, front, database, cache))
    alarms.create(scope, rows)
    dashboard.create(scope, rows)
    url = load_balancer.url(scope, front, secure=secure)
    return Address(
        pulumi.Output.all(url, running.running).apply(lambda both: str(both[0])), front.balancer.dns_name
    )


def _environment(scope: Scope, database: Endpoint, cache: Endpoint) -> pulumi.Output[Mapping[str, str]]:
    def made(hosts: list[str]) -> Mapping[str, str]:
        return {
            # uvicorn must keep idle connections longer than the load balancer does.
            "KEEP_ALIVE": str(limits.whole(scope.topology.load_balancer.idle_timeout) + 5),
            **app_environment(
                scope.topology,
                namespace=scope.namespace,
                postgres=Server(hosts[0], database.port, database.tls),
                redis=Server(hosts[1], cache.port, cache.tls),
            ),
        }

    return pulumi.Output.all(database.host, cache.host).apply(made)
