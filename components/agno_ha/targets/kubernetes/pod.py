"""A pod with safe defaults: it passes Pod Security `restricted`, and writes only where a file is mounted for it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import pulumi

from agno_ha.targets.kubernetes import quantities
from agno_ha.targets.kubernetes.names import SECRETS_DIGEST, labels, selector
from agno_ha.targets.kubernetes.scope import File, Scope

ACCOUNT = "agno-ha"
"""The service account of every pod; it has no rights, and its token is mounted nowhere."""


@dataclass(frozen=True)
class Container:
    """One container."""

    name: str
    image: str | None
    cpu: float
    memory: int
    files: Sequence[File] = ()
    command: Sequence[str] = ()
    """In place of the image's entrypoint."""
    args: Sequence[str] = ()
    env: Mapping[str, str] | None = None
    ports: Mapping[str, int] | None = None
    """Name → number."""
    probes: Mapping[str, Any] | None = None
    """`startupProbe`, `livenessProbe`, `readinessProbe`."""
    before_stop: Mapping[str, Any] | None = None
    """What happens before SIGTERM."""


def template(
    scope: Scope,
    component: str,
    container: Container,
    *,
    uid: int,
    grace: float,
    before: Sequence[Container] = (),
    spread: bool = False,
) -> dict[str, Any]:
    """Return a pod template.

    Args:
        scope: where it belongs.
        component: whose pods these are.
        container: the container.
        uid: user and group of its processes, and group of its files.
        grace: seconds between the order to stop and SIGKILL.
        before: containers that run to their end before it.
        spread: whether the pods are spread over zones and hosts.
    """
    everything = (*before, container)
    files = {file.volume: file for each in everything for file in each.files}
    digests = [file.digest for file in files.values() if file.digest is not None]
    metadata: dict[str, Any] = {"labels": labels(component, scope.name)}
    if digests:
        metadata["annotations"] = {SECRETS_DIGEST: pulumi.Output.all(*digests).apply("-".join)}
    spec: dict[str, Any] = {
        "serviceAccountName": ACCOUNT,
        "automountServiceAccountToken": False,
        "enableServiceLinks": False,
        "terminationGracePeriodSeconds": quantities.seconds(grace),
        "securityContext": {
            "runAsNonRoot": True,
            "runAsUser": uid,
            "runAsGroup": uid,
            "fsGroup": uid,
            "fsGroupChangePolicy": "OnRootMismatch",
            "seccompProfile": {"type": "RuntimeDefault"},
        },
        "containers": [_container(scope, container)],
        "volumes": [{"name": name, **file.source} for name, file in files.items()],
    }
    if before:
        spec["initContainers"] = [_container(scope, each) for each in before]
    if scope.settings.images.pull_secrets:
        spec["imagePullSecrets"] = [{"name": name} for name in scope.settings.images.pull_secrets]
    if scope.settings.node_selector:
        spec["nodeSelector"] = dict(scope.settings.node_selector)
    if spread:
        spec["topologySpreadConstraints"] = [_spread(component, key) for key in _SPREAD]
    return {"metadata": metadata, "spec": spec}


_SPREAD = ("topology.kubernetes.io/zone", "kubernetes.io/hostname")


def _spread(component: str, key: str) -> dict[str, Any]:
    return {
        "maxSkew": 1,
        "topologyKey": key,
        # A cluster of one node, or of one zone, runs it too.
        "whenUnsatisfiable": "ScheduleAnyway",
        "labelSelector": {"matchLabels": selector(component)},
        # Each version is spread for itself: else a roll would leave the new pods where the old ones were not.
        "matchLabelKeys": ["pod-template-hash"],
    }


def _container(scope: Scope, container: Container) -> dict[str, Any]:
    # Requests are the limits: the pod gets what the budgets were made with, and is the last to be evicted.
    resources = {"cpu": quantities.cores(container.cpu), "memory": quantities.size(container.memory)}
    spec: dict[str, Any] = {
        "name": container.name,
        "image": container.image,
        "imagePullPolicy": scope.settings.images.pull_policy,
        "resources": {"requests": resources, "limits": dict(resources)},
        "securityContext": {
            "allowPrivilegeEscalation": False,
            "readOnlyRootFilesystem": True,
            "capabilities": {"drop": ["ALL"]},
        },
        "volumeMounts": [_mount(file) for file in container.files],
        **(container.probes or {}),
    }
    if container.command:
        spec["command"] = [quantities.literal(word) for word in container.command]
    if container.args:
        spec["args"] = [quantities.literal(word) for word in container.args]
    if container.env:
        spec["env"] = [
            {"name": name, "value": quantities.literal(value)} for name, value in container.env.items()
        ]
    if container.ports:
        spec["ports"] = [
            {"name": name, "containerPort": port, "protocol": "TCP"} for name, port in container.ports.items()
        ]
    if container.before_stop is not None:
        spec["lifecycle"] = {"preStop": dict(container.before_stop)}
    return spec


def _mount(file: File) -> dict[str, Any]:
    mount: dict[str, Any] = {"name": file.volume, "mountPath": file.path}
    if file.key is not None:
        mount["subPath"] = file.key
    if file.read_only:
        mount["readOnly"] = True
    return mount


def probe(
    check: Mapping[str, Any], *, period: float, timeout: float = 5, failures: int = 3
) -> dict[str, Any]:
    """Return a probe; seconds."""
    return {
        **check,
        "periodSeconds": quantities.seconds(period),
        "timeoutSeconds": quantities.seconds(timeout),
        "failureThreshold": failures,
    }
