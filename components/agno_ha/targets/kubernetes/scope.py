"""What every room of the Kubernetes target shares: names, options, and objects with safe defaults."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pulumi
import pulumi_kubernetes as kubernetes

from agno_ha.targets.kubernetes.images import Images
from agno_ha.targets.kubernetes.names import labels
from agno_ha.targets.kubernetes.settings import KubernetesSettings
from agno_ha.topology import Topology


@dataclass(frozen=True)
class File:
    """A mount of one file or directory, and the pod's volume behind it."""

    volume: str
    path: str
    source: Mapping[str, Any]
    """The volume's source, as in a pod's `volumes`."""
    key: str | None = None
    """The one file of the volume that is mounted; default: all of it."""
    read_only: bool = True
    digest: pulumi.Input[str] | None = None
    """Changes with a secret's content; None where the name does, or where nobody knows."""


@dataclass(frozen=True)
class Scope:
    """Where the rooms build."""

    name: str
    """Prefix of the Pulumi names."""
    namespace: str
    topology: Topology
    settings: KubernetesSettings
    images: Images
    parent: pulumi.Resource
    protect: bool
    """Whether what holds data is protected against deletion."""
    digest_key: pulumi.Input[str]
    """A random secret: with it a digest tells nothing of what it was made from."""
    provider: pulumi.ProviderResource | None = None
    """The cluster; None where the component was given one."""
    creator: pulumi.ProviderResource | None = None
    """The cluster for what must not be there yet: somebody else's namespace would be taken over, and go with ours."""
    before: tuple[pulumi.Resource, ...] = field(default=())
    """What everything waits for: the namespace."""

    def options(
        self, *, depends_on: Sequence[pulumi.Resource] = (), protect: bool = False, wait: bool = False
    ) -> pulumi.ResourceOptions:
        """Return the options of a child of this scope; with `wait`, of one that takes time to become ready."""
        timeout = f"{self.settings.update_timeout:g}s"
        return pulumi.ResourceOptions(
            parent=self.parent,
            provider=self.provider,
            depends_on=[*self.before, *depends_on],
            protect=protect or None,
            custom_timeouts=pulumi.CustomTimeouts(create=timeout, update=timeout) if wait else None,
        )

    def metadata(self, room: str, component: str | None = None, **more: Any) -> dict[str, Any]:
        """Return an object's metadata; `component` where it is not the object's name."""
        return {
            "name": room,
            "namespace": self.namespace,
            "labels": labels(component or room, self.name),
            **more,
        }

    def custom(
        self, api_version: str, kind: str, room: str, spec: Mapping[str, Any], **options: Any
    ) -> kubernetes.apiextensions.CustomResource:
        """Create an object of a kind that an operator brings."""
        metadata = self.metadata(room)
        metadata["labels"] |= options.pop("labels", {})
        if annotations := options.pop("annotations", None):
            metadata["annotations"] = annotations
        return kubernetes.apiextensions.CustomResource(
            f"{self.name}-{room}",
            api_version=api_version,
            kind=kind,
            metadata=metadata,
            spec=dict(spec),
            opts=self.options(**options),
        )

    def config(self, room: str, component: str, content: str, *, path: str) -> File:
        """Create a ConfigMap of one file; immutable, with a hash in its name, so that a change rolls the pods."""
        digest = hashlib.sha256(content.encode()).hexdigest()[:10]
        key = path.rpartition("/")[2]
        name = f"{room}-{digest}"
        kubernetes.core.v1.ConfigMap(
            f"{self.name}-{room}",
            metadata=self.metadata(name, component),
            data={key: content},
            immutable=True,
            # The old one stays until no pod mounts it any more.
            opts=pulumi.ResourceOptions.merge(
                self.options(), pulumi.ResourceOptions(delete_before_replace=False)
            ),
        )
        return File(room, path, {"configMap": {"name": name}}, key)

    def secret(
        self,
        room: str,
        values: Mapping[str, pulumi.Input[str]],
        *,
        path: str,
        kind: str = "Opaque",
        shared: bool = True,
    ) -> File:
        """Create a Secret with these files, or name the existing one that has them among its keys.

        Args:
            room: the component it is for.
            values: file name → content.
            path: the directory where the files appear.
            kind: the Secret's type.
            shared: whether an existing Secret (`existingSecret`) would hold it.
        """
        items = [{"key": key, "path": key} for key in values]
        existing = self.settings.existing_secret if shared else None
        digest: pulumi.Input[str] | None = None
        if existing is None:
            kubernetes.core.v1.Secret(
                f"{self.name}-{room}",
                metadata=self.metadata(room),
                type=kind,
                string_data={key: pulumi.Output.secret(value) for key, value in values.items()},
                opts=self.options(),
            )
            digest = pulumi.Output.secret(pulumi.Output.all(self.digest_key, *values.values()).apply(_digest))
        source = {"secret": {"secretName": existing or room, "items": items, "defaultMode": 0o440}}
        return File(f"{room}-secrets", path, source, digest=digest)

    def volume(self, room: str, size: str) -> File:
        """Create a store's claim; it survives its server's replacement and is protected outside dev."""
        name = f"{room}-data"
        spec: dict[str, Any] = {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": size}},
        }
        if self.settings.storage_class is not None:
            spec["storageClassName"] = self.settings.storage_class
        # Bound when its pod is scheduled, with many classes: whoever waited for it before would wait for ever.
        kubernetes.core.v1.PersistentVolumeClaim(
            f"{self.name}-{name}",
            metadata=self.metadata(name, room, annotations={"pulumi.com/skipAwait": "true"}),
            spec=spec,
            opts=self.options(protect=self.protect),
        )
        return File("data", "", {"persistentVolumeClaim": {"claimName": name}}, read_only=False)


def memory(path: str, limit: str) -> File:
    """Return a directory in memory: what may be written under a read-only root."""
    name = path.strip("/").replace("/", "-")
    return File(name, path, {"emptyDir": {"medium": "Memory", "sizeLimit": limit}}, read_only=False)


def _digest(values: Sequence[str]) -> str:
    key, *contents = values
    text = "\0".join(contents)
    return hmac.new(key.encode(), text.encode(), hashlib.sha256).hexdigest()[:16]
