"""Target `kubernetes`: the topology in a cluster."""

from __future__ import annotations

import re
from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as kubernetes

from agno_ha.credentials import Credentials, app_secrets
from agno_ha.environment import app_environment
from agno_ha.targets.kubernetes import (
    app,
    limits,
    load_balancer,
    monitoring,
    network,
    postgres,
    redis,
    requirements,
    scaling,
)
from agno_ha.targets.kubernetes.images import Images, refer
from agno_ha.targets.kubernetes.limits import backs_up, problems
from agno_ha.targets.kubernetes.scaling import surge
from agno_ha.targets.kubernetes.scope import Scope
from agno_ha.targets.kubernetes.settings import KubernetesSettings
from agno_ha.topology import Topology
from agno_ha.topology.problem import ConfigurationError, Problem

__all__ = [
    "ADMINISTRATOR",
    "AUTOSCALES",
    "FAILOVER",
    "Settings",
    "deploy",
    "facts",
    "problems",
    "resolve_images",
    "surge",
]

Settings = KubernetesSettings
AUTOSCALES = True
FAILOVER = True
ADMINISTRATOR = True

_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")


def facts(topology: Topology, settings: KubernetesSettings) -> Mapping[str, int | float | str | bool]:
    """Return the facts that are other here than the topology says."""
    kept = topology.postgres.backups.retention if backs_up(topology, settings) else 0.0
    return {"backupRetention": kept}


def deploy(
    name: str,
    *,
    namespace: str,
    topology: Topology,
    settings: KubernetesSettings,
    images: Images,
    credentials: Credentials,
    parent: pulumi.Resource,
    protect: bool,
) -> pulumi.Output[str]:
    """Create every object of the topology and return the URL, known once the load balancer has an address."""
    limits.warn(topology, settings, parent)
    scope = network.create(
        Scope(
            name=name,
            namespace=_checked(settings.namespace or namespace),
            topology=topology,
            settings=settings,
            images=images,
            parent=parent,
            protect=protect,
            digest_key=credentials.service_token,
            provider=_cluster(name, settings, parent),
        )
    )
    databases, database = postgres.create(scope, credentials)
    caches, cache = redis.create(scope, credentials)
    web = app.create(
        scope,
        environment=app_environment(topology, namespace=namespace, postgres=database, redis=cache),
        secrets=app_secrets(credentials),
        depends_on=[*databases, *caches],
    )
    scaling.create(scope, web)
    monitoring.create(scope)
    return load_balancer.create(scope, credentials, [web])


def resolve_images(topology: Topology, settings: KubernetesSettings) -> Images:
    """Return the images, and look whether the cluster has what the settings need.

    The offline plan for a policy check has no cluster: it sets `agno-ha:resolveImages`, and nobody is asked.
    """
    if pulumi.Config("agno-ha").get("resolveImages") != "false":
        requirements.check(topology, settings)
    return refer(topology, settings)


def _cluster(
    name: str, settings: KubernetesSettings, parent: pulumi.Resource
) -> pulumi.ProviderResource | None:
    """Return the provider; None where the component was given one, for a cluster that the program makes itself."""
    if settings.context is None and parent.get_provider("kubernetes:core/v1:Namespace") is not None:
        return None
    provider: pulumi.ProviderResource = kubernetes.Provider(
        f"{name}-cluster",
        context=settings.context,
        # Changed in place, and the pods rolled by the digest: replaced, a Secret would be missing for a moment.
        enable_secret_mutable=True,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return provider


def _checked(namespace: str) -> str:
    if _NAMESPACE.fullmatch(namespace):
        return namespace
    fix = "Set it to up to 63 lower-case letters, digits and -"
    message = f"required: {namespace} can't be a namespace"
    raise ConfigurationError([Problem("", "agno-ha:kubernetes.namespace", None, message, fix)])
