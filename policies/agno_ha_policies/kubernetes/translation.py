"""Kubernetes' objects in the shape of Swarm's, beside their own, so that what both have is judged by one rule.

What a rule reads under Swarm's path is called by Kubernetes' own in its findings.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agno_ha_policies.docker.files import DATA
from agno_ha_policies.docker.workload import (
    ARGS,
    COMMANDS,
    ENV,
    ENV_FROM,
    GRACE,
    IMAGE,
    MEMORY,
    REPLICAS,
    SPEC,
)
from agno_ha_policies.kubernetes.kinds import CLUSTER, CONFIG_MAP, DAEMON_SET, DEPLOYMENT, POD, PODS
from agno_ha_policies.model import UNKNOWN, Resource

_UNITS: dict[str, float] = {"": 1, "k": 10**3, "M": 10**6, "G": 10**9, "T": 10**12}
_UNITS |= {"Ki": 2**10, "Mi": 2**20, "Gi": 2**30, "Ti": 2**40, "m": 0.001}
_KEPT = ("persistentVolumeClaim", "hostPath", "nfs", "csi", "ephemeral")
"""Volumes whose content outlives the container."""


def translated(resource: Resource, container: int | None = None) -> Resource:
    """Return an object with Swarm's view of it added; every other resource as it is.

    Args:
        resource: the object.
        container: which container of its pods is shown; default: the workload's main one.
    """
    if resource.type in PODS:
        return _workload(resource, container)
    if resource.type == CLUSTER:
        return _cluster(resource)
    return _file(resource) if resource.type == CONFIG_MAP else resource


def _workload(resource: Resource, chosen: int | None) -> Resource:
    spec = _in(resource.props, "spec")
    pod = _in(spec, "template", "spec")
    containers = _in(pod, "containers")
    if pod is UNKNOWN or containers is UNKNOWN:
        return replace(resource, props={**resource.props, "mode": UNKNOWN, "taskSpec": UNKNOWN},
                       named={"mode": "spec", "taskSpec": f"{POD}.containers"})  # fmt: skip
    index, container = _main(containers) if chosen is None else (chosen, containers[chosen])
    grace = _in(pod, "terminationGracePeriodSeconds")
    seconds = 30 if grace is None else grace
    own = {
        "image": _in(container, "image"),
        "env": _environment(_in(container, "env")),
        "envFrom": _in(container, "envFrom"),
        "args": _in(container, "args"),
        "commands": _in(container, "command"),
        "mounts": _mounts(resource, pod, container),
        "stopGracePeriod": f"{seconds:g}s" if isinstance(seconds, (int, float)) else seconds,
    }
    order = "stop-first"
    if resource.type == DEPLOYMENT and _in(spec, "strategy", "type") != "Recreate":
        order = "start-first"
    props = {
        **resource.props,
        "name": _in(resource.props, "metadata", "name"),
        "mode": {"global": True}
        if resource.type == DAEMON_SET
        else {"replicated": {"replicas": _in(spec, "replicas")}},
        "updateConfig": {"order": order},
        "taskSpec": {
            "containerSpec": own,
            "resources": {"limits": {"memoryBytes": size(_in(container, "resources", "limits", "memory"))}},
        },
    }
    at = f"{POD}.containers.{index}"
    named = {
        REPLICAS: "spec.replicas",
        "mode": "spec.replicas",
        ENV: f"{at}.env",
        ENV_FROM: f"{at}.envFrom",
        ARGS: f"{at}.args",
        COMMANDS: f"{at}.command",
        IMAGE: f"{at}.image",
        MEMORY: f"{at}.resources.limits.memory",
        GRACE: f"{POD}.terminationGracePeriodSeconds",
        f"{SPEC}.mounts": f"{at}.volumeMounts",
        "updateConfig": "spec.strategy",
    }
    return replace(resource, props=props, named=named)


def _cluster(resource: Resource) -> Resource:
    spec = _in(resource.props, "spec")
    parameters = _in(spec, "postgresql", "parameters")
    name = _in(resource.props, "metadata", "name")
    named = {
        ARGS: "spec.postgresql.parameters",
        MEMORY: "spec.resources.limits.memory",
        REPLICAS: "spec.instances",
    }
    args: Any = UNKNOWN
    if isinstance(parameters, Mapping) or parameters is None:
        args = ["postgres"]
        for key, value in sorted((parameters or {}).items()):
            args += ["-c", f"{key}={value}" if value is not UNKNOWN else UNKNOWN]
            named[f"{ARGS}.{len(args) - 1}"] = f"{named[ARGS]}.{key}"
    props = {
        **resource.props,
        "name": name,
        "mode": {"replicated": {"replicas": _in(spec, "instances")}},
        "taskSpec": {
            "containerSpec": {
                "image": "postgres",
                "args": args,
                "mounts": [{"type": "volume", "target": "/var/lib/postgresql/data"}],
            },
            "resources": {"limits": {"memoryBytes": size(_in(spec, "resources", "limits", "memory"))}},
            "networksAdvanceds": [{"aliases": [f"{name}-{suffix}" for suffix in ("rw", "ro", "r")]}],
        },
    }
    return replace(resource, props=props, named=named)


def _file(resource: Resource) -> Resource:
    """Return a ConfigMap as one file, its files one after the other."""
    data = resource.props.get(DATA)
    if not isinstance(data, Mapping):
        return resource
    values = list(data.values())
    content: Any = UNKNOWN
    if UNKNOWN not in values:
        text = "\n".join(value for value in values if isinstance(value, str))
        content = base64.b64encode(text.encode(errors="replace")).decode()
    name = f"{DATA}.{next(iter(data))}" if len(values) == 1 else DATA
    return replace(resource, props={**resource.props, DATA: content}, named={DATA: name})


def _main(containers: Any) -> tuple[int, Any]:
    """Return the container that is the workload's: the one with a pool or a role, else the first."""
    found = containers if isinstance(containers, list) else []
    for index, container in enumerate(found):
        environment = _environment(_in(container, "env"))
        if isinstance(environment, Mapping) and {"AGNO_ROLE", "DB_POOL_SIZE"} & set(environment):
            return index, container
    return 0, found[0] if found else None


def _environment(given: Any) -> Any:
    """Return the list as a map; a value from a Secret is empty: it is set, and no plain text."""
    if given is None or given is UNKNOWN:
        return given
    made = {}
    for entry in given if isinstance(given, list) else []:
        name = _in(entry, "name")
        if not isinstance(name, str):
            return UNKNOWN
        reference = _in(entry, "valueFrom")
        secret = _in(reference, "secretKeyRef") is not None
        made[name] = ("" if secret else UNKNOWN) if reference is not None else _in(entry, "value") or ""
    return made


def _mounts(resource: Resource, pod: Any, container: Any) -> Any:
    mounts, volumes = _in(container, "volumeMounts"), _in(pod, "volumes")
    if UNKNOWN in (mounts, volumes):
        return UNKNOWN
    kept = [
        _in(volume, "name")
        for volume in (volumes if isinstance(volumes, list) else [])
        if any(_in(volume, source) is not None for source in _KEPT)
    ]
    claims = _in(resource.props, "spec", "volumeClaimTemplates")
    kept += [_in(claim, "metadata", "name") for claim in (claims if isinstance(claims, list) else [])]
    return [
        {
            "type": "volume" if _in(mount, "name") in kept else "tmpfs",
            "source": _in(mount, "name"),
            "target": _in(mount, "mountPath"),
        }
        for mount in (mounts if isinstance(mounts, list) else [])
    ]


def size(text: Any) -> Any:
    """Return a quantity's number; what is none stays as it is.

    >>> size("512Mi"), size("1G"), size(4096), size("much")
    (536870912.0, 1000000000.0, 4096, 'much')
    """
    match = (
        re.fullmatch(r"([0-9]{1,18}(?:\.[0-9]{1,9})?)([kMGT]|[KMGT]i|m)?", text)
        if isinstance(text, str)
        else None
    )
    return float(match[1]) * _UNITS[match[2] or ""] if match else text


def _in(value: Any, *path: str) -> Any:
    """Return what stands at a path; None where nothing does, `UNKNOWN` where that is not known."""
    for part in path:
        if value is UNKNOWN:
            return UNKNOWN
        value = value.get(part) if isinstance(value, Mapping) else None
    return value
