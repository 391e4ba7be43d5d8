"""A plain container as a Swarm service of one task, so that each rule is written once."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from agno_ha_policies.docker.workload import SERVICE
from agno_ha_policies.model import UNKNOWN, Resource

CONTAINER = "docker:index/container:Container"
_MIB = 1024**2

_NAMED = {
    "taskSpec.containerSpec.env": "envs",
    "taskSpec.containerSpec.args": "command",
    "taskSpec.containerSpec.commands": "entrypoints",
    "taskSpec.containerSpec.stopGracePeriod": "destroyGraceSeconds",
    "taskSpec.containerSpec.capAdds": "capabilities.adds",
    "taskSpec.containerSpec": "",
    "taskSpec.resources.limits.memoryBytes": "memory",
    "taskSpec.resources.limits.nanoCpus": "cpus",
    "taskSpec.logDriver.name": "logDriver",
    "taskSpec.logDriver.options": "logOpts",
    "taskSpec.restartPolicy.condition": "restart",
    "taskSpec.restartPolicy.maxAttempts": "maxRetryCount",
    "endpointSpec.ports": "ports",
    "mode.replicated.replicas": "replicas",
}
_RESTART = {"no": "none", "on-failure": "on-failure", "always": "any", "unless-stopped": "any"}


def as_service(resource: Resource) -> Resource:
    """Return a container as a service; every other resource as it is."""
    if resource.type != CONTAINER:
        return resource
    props = resource.props
    capabilities = _mapping(props.get("capabilities"))
    restart = props.get("restart") or "no"
    spec = {
        **{
            name: props.get(name)
            for name in ("image", "user", "readOnly", "privileged", "healthcheck", "mounts")
        },
        "env": _environment(props.get("envs")),
        "args": props.get("command"),
        "commands": props.get("entrypoints"),
        "capAdds": capabilities if capabilities is UNKNOWN else capabilities.get("adds"),
        "stopGracePeriod": _each(props.get("destroyGraceSeconds"), lambda value: f"{value:g}s"),
        "volumes": props.get("volumes"),
    }
    task = {
        "containerSpec": spec,
        "resources": {
            "limits": {
                "memoryBytes": _each(props.get("memory"), lambda value: value * _MIB),
                "nanoCpus": _each(props.get("cpus"), lambda value: float(value) * 1e9),
            }
        },
        "logDriver": {"name": props.get("logDriver"), "options": props.get("logOpts")},
        "restartPolicy": {
            "condition": _RESTART.get(restart, restart) if isinstance(restart, str) else restart,
            "maxAttempts": props.get("maxRetryCount"),
        },
        "networksAdvanceds": props.get("networksAdvanced"),
    }
    # Delete first is all that a container can: no roll, no rollback, and the engine gives it 10 s to stop.
    plain = {
        "name": props.get("name"),
        "mode": {"container": True},
        "taskSpec": task,
        "endpointSpec": {"ports": _ports(props.get("ports"))},
    }
    return replace(resource, type=SERVICE, props=plain, named=_NAMED)


def _mapping(value: Any) -> Any:
    return value if value is UNKNOWN or isinstance(value, Mapping) else {}


def _each(value: Any, change: Any) -> Any:
    """Return a changed value; one that is missing, unknown or no number stays as it is."""
    try:
        return value if value is None or value is UNKNOWN else change(value)
    except (TypeError, ValueError):
        return value


def _environment(given: Any) -> Any:
    if not isinstance(given, list):
        return given
    pairs = [
        entry.partition("=")[::2] if isinstance(entry, str) else (f"?{n}", entry)
        for n, entry in enumerate(given)
    ]
    return dict(pairs)


def _ports(given: Any) -> Any:
    if not isinstance(given, list):
        return given
    return [
        {"targetPort": port.get("internal"), "publishedPort": port.get("external"), "ip": port.get("ip")}
        if isinstance(port, Mapping)
        else port
        for port in given
    ]
