"""Target `kubernetes`: the topology in a cluster."""

from __future__ import annotations

from collections.abc import Mapping

import pulumi
import pulumi_kubernetes as kubernetes

from agno_ha.address import Address
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

Settings = KubernetesSettings
AUTOSCALES = True
FAILOVER = True
ADMINISTRATOR = True


def facts(topology: Topology, settings: KubernetesSettings) -> Mapping[str, int | float | str | bool]:
    """Return the facts that are other here than the topology says."""
    kept = topology.postgres.backups.retention if backs_up(topology, settings) else 0.0
    return {"backupRetention": kept}


def has_secrets(settings: KubernetesSettings) -> bool:
    """Return whether a Secret in the cluster holds the passwords and keys already."""
    return settings.existing_secret is not None


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
) -> Address:
    """Create every object of the topology and return the URL, known once the load balancer has an address."""
    look(topology, settings, parent)
    limits.warn(topology, settings, parent)
    scope = network.create(
        Scope(
            name=name,
            namespace=settings.namespace or namespace,
            topology=topology,
            settings=settings,
            images=images,
            parent=parent,
            protect=protect,
            digest_key=credentials.service_token,
            provider=_cluster(f"{name}-cluster", settings, parent, adopt=True),
            creator=_cluster(f"{name}-creator", settings, parent, adopt=False)
            if settings.create_namespace
            else None,
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
    return Address(load_balancer.create(scope, credentials, [web]))


def resolve_images(topology: Topology, settings: KubernetesSettings) -> Images:
    """Return the images."""
    return refer(topology, settings)


def look(topology: Topology, settings: KubernetesSettings, parent: pulumi.Resource) -> None:
    """Look whether the cluster has what the settings need.

    The offline plan for a policy check has no cluster: it sets `agno-ha:resolveImages`, and nobody is asked.
    """
    if pulumi.Config("agno-ha").get("resolveImages") == "false":
        return
    if _given(settings, parent):
        # The kubeconfig may be of another cluster, and that of the provider may not be made yet.
        text = "The cluster of the program's own provider is not asked what it has (docs/kubernetes.md has the list)."
        pulumi.log.info(text, resource=parent)
    else:
        requirements.check(topology, settings)


def _given(settings: KubernetesSettings, parent: pulumi.Resource) -> bool:
    """Whether the component was given a provider, for a cluster that the program makes itself."""
    return settings.context is None and parent.get_provider("kubernetes:core/v1:Namespace") is not None


def _cluster(
    name: str, settings: KubernetesSettings, parent: pulumi.Resource, *, adopt: bool
) -> pulumi.ProviderResource | None:
    """Return a provider; None where the component was given one.

    Args:
        name: the provider's.
        settings: the target's own.
        parent: the component.
        adopt: whether an object that is there already is taken over; else it is an error.
    """
    if _given(settings, parent):
        return None
    provider: pulumi.ProviderResource = kubernetes.Provider(
        name,
        context=settings.context,
        # Changed in place, and the pods rolled by the digest: replaced, a Secret would be missing for a moment.
        enable_secret_mutable=True,
        # What somebody changed by hand is set right; without it an update ends in a conflict with them.
        enable_patch_force=True,
        # Created by server-side apply too: else a changed port would be added to the old one, and an `up` that was
        # interrupted could not be repeated.
        upsert_existing_objects=adopt,
        opts=pulumi.ResourceOptions(parent=parent),
    )
    return provider
