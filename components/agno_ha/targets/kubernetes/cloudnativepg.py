"""Postgres with a standby: a Cluster of the CloudNativePG operator, tuned from the topology, and its backups."""

from __future__ import annotations

from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from agno_ha.credentials import Credentials
from agno_ha.environment import Server
from agno_ha.servers import POSTGRES_PORT
from agno_ha.targets.kubernetes import quantities
from agno_ha.targets.kubernetes.names import labels
from agno_ha.targets.kubernetes.scope import Scope
from agno_ha.targets.kubernetes.settings import KubernetesSettings
from agno_ha.topology import Topology
from agno_ha.topology.units import DAY

API = "postgresql.cnpg.io/v1"

SERVER = Server("postgres-rw", POSTGRES_PORT, "require")
"""The operator's Service of the primary; its certificate is the operator's own."""

SERVERS = {"matchLabels": {"cnpg.io/cluster": "postgres"}}
"""Selector of the servers, by what the operator's own Services choose them by."""

OWNER = "postgres-owner"
"""Secret with the app's role, in the form that the operator reads."""


def create(scope: Scope, credentials: Credentials) -> pulumi.Resource:
    """Create the Cluster, and its schedule of backups where there is a place for them."""
    postgres, settings = scope.topology.postgres, scope.settings
    owner = settings.existing_secret
    if owner is None:
        owner = OWNER
        password: pulumi.Output[str] = pulumi.Output.secret(credentials.postgres)
        kubernetes.core.v1.Secret(
            f"{scope.name}-{OWNER}",
            metadata=scope.metadata(OWNER, "postgres", labels=_labels(scope)),
            type="kubernetes.io/basic-auth",
            string_data={"username": postgres.user, "password": password},
            opts=scope.options(),
        )
    resources = {"cpu": quantities.cores(postgres.cpu), "memory": quantities.size(postgres.memory)}
    storage: dict[str, Any] = {"size": quantities.size(postgres.storage)}
    if settings.storage_class is not None:
        storage["storageClass"] = settings.storage_class
    spec: dict[str, Any] = {
        "instances": settings.cloud_native_pg.instances,
        "imageName": settings.images.cloud_native_pg
        # `system` has Barman, for backups; the tag of the version alone is of an abandoned Debian.
        or f"ghcr.io/cloudnative-pg/postgresql:{postgres.version}-system-bookworm",
        "imagePullPolicy": settings.images.pull_policy,
        "bootstrap": {
            "initdb": {
                "database": postgres.database,
                "owner": postgres.user,
                "secret": {"name": owner},
                "postInitApplicationSQL": [f'REVOKE CONNECT ON DATABASE "{postgres.database}" FROM PUBLIC'],
            }
        },
        "postgresql": {
            "parameters": postgres.settings(),
            # A standby has each turn before it is acknowledged; `preferred`: while there is none, the primary goes on.
            "synchronous": {"method": "any", "number": 1, "dataDurability": "preferred"},
        },
        "resources": {"requests": resources, "limits": dict(resources)},
        "storage": storage,
        "stopDelay": quantities.seconds(postgres.stop_grace),
        # One host never has two of them, where there are enough hosts.
        "affinity": {"enablePodAntiAffinity": True, "topologyKey": "kubernetes.io/hostname"},
        # Nor one zone all, where there are more.
        "topologySpreadConstraints": [
            {
                "maxSkew": 1,
                "topologyKey": "topology.kubernetes.io/zone",
                "whenUnsatisfiable": "ScheduleAnyway",
                "labelSelector": SERVERS,
            }
        ],
        # Its pods are found by the network policies like any others.
        "inheritedMetadata": {"labels": labels("postgres", scope.name)},
    }
    if settings.images.pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in settings.images.pull_secrets]
    if settings.node_selector:
        spec["affinity"]["nodeSelector"] = dict(settings.node_selector)
    if settings.cloud_native_pg.service_account_annotations:
        annotations = dict(settings.cloud_native_pg.service_account_annotations)
        spec["serviceAccountTemplate"] = {"metadata": {"annotations": annotations}}
    backups = backed_up(scope.topology, settings)
    if backups:
        spec["backup"] = backups
    cluster: pulumi.Resource = scope.custom(
        API, "Cluster", "postgres", spec, protect=scope.protect, wait=True
    )
    if backups:
        method = "volumeSnapshot" if "volumeSnapshot" in backups else "barmanObjectStore"
        schedule = {
            "schedule": settings.cloud_native_pg.backups.schedule,
            "backupOwnerReference": "self",
            "cluster": {"name": "postgres"},
            "method": method,
        }
        scope.custom(API, "ScheduledBackup", "postgres-backup", schedule, depends_on=[cluster])
    return cluster


def backed_up(topology: Topology, settings: KubernetesSettings) -> dict[str, Any]:
    """Return the Cluster's `backup`; empty where none are made."""
    place, retention = settings.cloud_native_pg.backups, topology.postgres.backups.retention
    if not place.made or not retention:
        return {}
    if place.volume_snapshot_class is not None:
        # Hot ones are nothing without the log, which only an object store gets; a standby is stopped for them.
        return {"volumeSnapshot": {"className": place.volume_snapshot_class, "online": False}}
    store: dict[str, Any] = {"destinationPath": place.destination, "wal": {"compression": "gzip"}}
    if place.endpoint is not None:
        store["endpointURL"] = place.endpoint
    if place.secret is None:
        store["s3Credentials"] = {"inheritFromIAMRole": True}
    else:
        names = {"accessKeyId": "ACCESS_KEY_ID", "secretAccessKey": "ACCESS_SECRET_KEY"}
        store["s3Credentials"] = {field: {"name": place.secret, "key": key} for field, key in names.items()}
    days = max(1, round(retention / DAY))
    return {"barmanObjectStore": store, "retentionPolicy": f"{days}d"}


def _labels(scope: Scope) -> dict[str, str]:
    # The operator loads the password anew when the Secret changes.
    return {**labels("postgres", scope.name), "cnpg.io/reload": "true"}
