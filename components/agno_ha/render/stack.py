"""Plan → stack.yaml and its configs: the same services, for `docker stack deploy` where there is no Pulumi CLI."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from agno_ha.offline import Plan, Secret

_SERVICE = "docker:index/service:Service"
_SECRET = "docker:index/secret:Secret"  # noqa: S105 - a type
_CONFIG = "docker:index/serviceConfig:ServiceConfig"
_NETWORK = "docker:index/network:Network"
_VOLUME = "docker:index/volume:Volume"


@dataclass(frozen=True)
class Rendered:
    """What `docker stack deploy` needs."""

    stack: Mapping[str, Any]
    """Content of stack.yaml; secrets are named in it, never contained."""
    configs: Mapping[str, str]
    """File name under configs/ → content."""
    secrets: Mapping[str, Secret]
    """Swarm secret's name → its value, base64, to be created before the deployment."""

    def write(self, directory: Path) -> Path:
        """Write stack.yaml and configs/ for their owner only, and return the path of stack.yaml.

        Configs of an earlier run are removed.
        """
        configs = directory / "configs"
        directory.mkdir(parents=True, exist_ok=True)
        configs.mkdir(mode=0o700, exist_ok=True)
        for old in configs.iterdir():
            if old.name not in self.configs:
                old.unlink()
        for name, content in self.configs.items():
            _write(configs / name, content)
        path = directory / "stack.yaml"
        _write(path, yaml.safe_dump(dict(self.stack), sort_keys=False, width=120))
        return path


def render(plan: Plan, namespace: str) -> Rendered:
    """Return the files of a plan of the Docker target."""
    services = {}
    for resource in plan.of_type(_SERVICE):
        services[_short(resource.inputs["name"], namespace)] = _service(resource.inputs, namespace)
    configs = {resource.inputs["name"]: resource.inputs for resource in plan.of_type(_CONFIG)}
    secrets = {resource.id: resource.inputs for resource in plan.of_type(_SECRET)}
    stack = {
        "version": "3.9",
        "services": services,
        "networks": {
            _short(network.inputs["name"], namespace): _clean(
                {
                    "name": network.inputs["name"],
                    "driver": network.inputs["driver"],
                    "internal": network.inputs.get("internal"),
                }
            )
            for network in plan.of_type(_NETWORK)
        },
        "volumes": {
            _short(volume.inputs["name"], namespace): {
                "name": volume.inputs["name"],
                "driver": volume.inputs["driver"],
            }
            for volume in plan.of_type(_VOLUME)
        },
        "configs": {name: {"name": name, "file": f"./configs/{name}"} for name in configs},
        "secrets": {name: {"name": name, "external": True} for name in secrets},
    }
    return Rendered(
        stack=stack,
        configs={name: base64.b64decode(inputs["data"]).decode() for name, inputs in configs.items()},
        secrets={name: inputs["data"] for name, inputs in secrets.items()},
    )


def _write(path: Path, text: str) -> None:
    path.touch(mode=0o600)
    path.write_text(text)


def _service(inputs: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    task = inputs["taskSpec"]
    container = task["containerSpec"]
    # The provider sends these two empty where they are not given.
    unset: dict[str, Any] = {"init": False, "dns": []}
    return unset | _clean(
        {
            "image": container["image"],
            "entrypoint": _escaped(container.get("commands")),
            "command": _escaped(container.get("args")),
            "environment": {name: _escaped(value) for name, value in container.get("env", {}).items()},
            "user": container["user"],
            "read_only": container["readOnly"],
            "cap_drop": container["capDrops"],
            "labels": {entry["label"]: entry["value"] for entry in container["labels"]},
            "stop_signal": container["stopSignal"],
            "stop_grace_period": container["stopGracePeriod"],
            "healthcheck": _health(container["healthcheck"]),
            "secrets": [_file(entry, "secretName") for entry in container.get("secrets", [])],
            "configs": [_file(entry, "configName") for entry in container.get("configs", [])],
            "volumes": [_mount(entry, namespace) for entry in container.get("mounts", [])],
            "networks": {
                # The service's own name, its alias in the plan, is one by itself.
                _short(network["id"], namespace): None
                for network in task["networksAdvanceds"]
            },
            "ports": [_port(port) for port in inputs["endpointSpec"].get("ports", [])],
            "logging": {"driver": task["logDriver"]["name"], "options": task["logDriver"]["options"]},
            "deploy": _deploy(inputs),
        }
    )


def _deploy(inputs: Mapping[str, Any]) -> dict[str, Any]:
    task = inputs["taskSpec"]
    limits, reserved = task["resources"]["limits"], task["resources"]["reservation"]
    restart = task["restartPolicy"]
    return _clean(
        {
            "mode": "replicated",
            "replicas": inputs["mode"]["replicated"]["replicas"],
            "endpoint_mode": inputs["endpointSpec"]["mode"],
            "labels": {entry["label"]: entry["value"] for entry in inputs["labels"]},
            "update_config": _roll(inputs["updateConfig"]),
            "rollback_config": _roll(inputs["rollbackConfig"]),
            "restart_policy": {
                "condition": restart["condition"],
                "delay": restart["delay"],
                "max_attempts": restart["maxAttempts"],
                "window": restart["window"],
            },
            "placement": {"constraints": task["placement"].get("constraints", [])},
            "resources": {
                "limits": {"cpus": f"{limits['nanoCpus'] / 1e9:g}", "memory": str(limits["memoryBytes"])},
                "reservations": {"memory": str(reserved["memoryBytes"])},
            },
        }
    )


def _roll(config: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "parallelism": config["parallelism"],
        "delay": config["delay"],
        "failure_action": config["failureAction"],
        "monitor": config["monitor"],
        "max_failure_ratio": float(config["maxFailureRatio"]),
        "order": config["order"],
    }


def _health(health: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "test": [_escaped(word) for word in health["tests"]],
        "interval": health["interval"],
        "timeout": health["timeout"],
        "retries": health["retries"],
        "start_period": health["startPeriod"],
    }


def _file(entry: Mapping[str, Any], name: str) -> dict[str, Any]:
    return _clean(
        {
            "source": entry[name],
            "target": entry["fileName"],
            "uid": entry.get("fileUid"),
            "gid": entry.get("fileGid"),
            "mode": entry["fileMode"],
        }
    )


def _mount(entry: Mapping[str, Any], namespace: str) -> dict[str, Any]:
    mount = {"type": entry["type"], "target": entry["target"]}
    if entry["type"] == "tmpfs":
        return {**mount, "tmpfs": {"size": entry["tmpfsOptions"]["sizeBytes"]}}
    return {**mount, "source": _short(entry["source"], namespace)}


def _port(port: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "target": port["targetPort"],
        "published": port["publishedPort"],
        "protocol": port["protocol"],
        "mode": port["publishMode"],
    }


def _short(physical: str, namespace: str) -> str:
    return physical.removeprefix(f"{namespace}_")


def _escaped(value: Any) -> Any:
    # Compose substitutes variables; a dollar sign of ours is doubled.
    if isinstance(value, str):
        return value.replace("$", "$$")
    return [_escaped(entry) for entry in value] if isinstance(value, list) else value


def _clean(mapping: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in mapping.items() if value not in (None, [], {})}
