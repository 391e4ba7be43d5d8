"""Plan → plain manifests for GitOps: one file an object, in one order, with a kustomization; secrets by name only."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from agno_ha.offline import Plan, Resource, Secret

_PREFIX = "kubernetes:"
_SECRET = "kubernetes:core/v1:Secret"  # noqa: S105 - a type

_FIRST = (
    *("Namespace", "ServiceAccount", "NetworkPolicy", "ConfigMap", "PersistentVolumeClaim", "Service"),
    *("Certificate", "Cluster", "ScheduledBackup", "StatefulSet", "Deployment", "PodDisruptionBudget"),
    *("HorizontalPodAutoscaler", "ScaledObject", "Ingress", "ServiceMonitor", "PrometheusRule"),
)
"""What others need stands before them."""


class _Block(yaml.SafeDumper):
    """Configuration files as people read them: a text of several lines is a block."""


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


_Block.add_representer(str, _text)


@dataclass(frozen=True)
class Manifests:
    """What `kubectl apply -k` needs, beside the Secrets."""

    files: Mapping[str, str]
    """File name → content, the kustomization last."""
    secrets: Mapping[str, tuple[str, ...]]
    """Each Secret that must exist in the namespace, with its keys."""

    def write(self, directory: Path) -> Path:
        """Write the files and return the path of the kustomization; those of an earlier run are removed."""
        directory.mkdir(parents=True, exist_ok=True)
        kustomization = directory / "kustomization.yaml"
        if kustomization.exists():
            for name in (yaml.safe_load(kustomization.read_text()) or {}).get("resources", []):
                if name not in self.files and Path(name).name == name:
                    (directory / name).unlink(missing_ok=True)
        for name, content in self.files.items():
            (directory / name).write_text(content, encoding="utf-8")
        return kustomization


def render(plan: Plan) -> Manifests:
    """Return the manifests of a plan of the Kubernetes target."""
    objects = sorted(filter(_is_object, plan.resources), key=_order)
    files = {_name(each): _dump(_plain(each.inputs, each.name)) for each in objects}
    secrets = {name: tuple(sorted(keys)) for name, keys in sorted(_secrets(plan).items())}
    lines = "".join(f"#   {name}: {', '.join(keys)}\n" for name, keys in secrets.items())
    head = f"# Secrets that must exist in the namespace, with their keys:\n{lines}" if secrets else ""
    kustomization = {
        "apiVersion": "kustomize.config.k8s.io/v1beta1",
        "kind": "Kustomization",
        "resources": list(files),
    }
    return Manifests({**files, "kustomization.yaml": head + _dump(kustomization)}, secrets)


def _is_object(resource: Resource) -> bool:
    return resource.type.startswith(_PREFIX) and resource.type != _SECRET


def _order(resource: Resource) -> tuple[int, str]:
    return _FIRST.index(resource.inputs["kind"]), _name(resource)


def _name(resource: Resource) -> str:
    return f"{resource.inputs['kind'].lower()}-{_stable(resource)}.yaml"


def _stable(resource: Resource) -> str:
    # A ConfigMap has a hash in its name, its file has none: a changed content is a changed file, not another one.
    name: str = resource.inputs["metadata"]["name"]
    return name.rpartition("-")[0] if resource.inputs["kind"] == "ConfigMap" else name


def _dump(value: Any) -> str:
    return yaml.dump(value, Dumper=_Block, sort_keys=False, width=120)


def _plain(value: Any, name: str) -> Any:
    """Return plain data; a digest of secrets is left out, and any other secret is a defect."""
    if isinstance(value, Mapping):
        return {
            key: _plain(below, name)
            for key, below in value.items()
            if not (key == "annotations" and all(isinstance(each, Secret) for each in below.values()))
        }
    if isinstance(value, list):
        return [_plain(below, name) for below in value]
    if isinstance(value, Secret):
        raise TypeError(f"a secret stands in the open in {name}")
    return value


def _secrets(plan: Plan) -> dict[str, set[str]]:
    """Return what is named: by the Secrets of the plan, by the pods' volumes, by the database cluster."""
    found: dict[str, set[str]] = {}
    for resource in plan.resources:
        if resource.type == _SECRET:
            data = resource.inputs["stringData"]
            keys = data.value if isinstance(data, Secret) else data
            found.setdefault(resource.inputs["metadata"]["name"], set()).update(keys)
        elif resource.type.startswith(_PREFIX):
            for name, key in _named(resource.inputs.get("spec", {})):
                found.setdefault(name, set()).add(key)
    return found


def _named(spec: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for volume in spec.get("template", {}).get("spec", {}).get("volumes", []):
        source = volume.get("secret", {})
        for item in source.get("items", []):
            yield source["secretName"], item["key"]
    owner = spec.get("bootstrap", {}).get("initdb", {}).get("secret", {}).get("name")
    if owner is not None:
        yield from ((owner, key) for key in ("username", "password"))
