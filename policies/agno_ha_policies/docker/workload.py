"""Swarm services: where their properties are, and what they are for."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from agno_ha_policies.model import UNKNOWN
from agno_ha_policies.view import View

SERVICE = "docker:index/service:Service"
SERVICES = frozenset({SERVICE})
REPLICAS = "mode.replicated.replicas"
SPEC = "taskSpec.containerSpec"
ENV = f"{SPEC}.env"
ENV_FROM = f"{SPEC}.envFrom"
ARGS = f"{SPEC}.args"
COMMANDS = f"{SPEC}.commands"
IMAGE = f"{SPEC}.image"
MEMORY = "taskSpec.resources.limits.memoryBytes"
GRACE = f"{SPEC}.stopGracePeriod"
PORTS = "endpointSpec.ports"

_AUTOSCALER = frozenset({"swarm.autoscaler", "swarm.autoscale"})
_UNITS = {"h": 3600.0, "m": 60.0, "s": 1.0, "ms": 0.001, "us": 1e-6, "µs": 1e-6, "ns": 1e-9}


def replicas(view: View[Any]) -> float | None:
    """Return the number of tasks; None for a global service, which has one on every node.

    None, and said, where an autoscaler decides it.
    """
    if view.flag("mode.global", False):
        return None
    if view.known("mode.replicated", None) is None and is_handed_over(view):
        view.unreadable(REPLICAS, "is the autoscaler's")
        return None
    return view.number(REPLICAS, 1)


def is_handed_over(view: View[Any]) -> bool:
    """Whether a label hands the number of tasks to an autoscaler of Swarm services."""
    return any(
        isinstance(label, Mapping) and label.get("label") in _AUTOSCALER and label.get("value") == "true"
        for label in view.items("labels") or []
    )


def is_own(view: View[Any], room: str) -> bool:
    """Whether this is a service of the AgnoService above it, by its name: `<name>-<room>`."""
    return (
        view.owner is not None
        and view.resource.parent == view.owner.resource.urn
        and view.name == f"{view.owner.name}-{room}"
    )


def has_pool(view: View[Any]) -> bool:
    """Whether the service's processes have a connection pool (`DB_POOL_SIZE`), or an app's may be told elsewhere."""
    return "DB_POOL_SIZE" in (view.mapping(ENV) or {}) or (is_app(view) and has_more(view))


def has_more(view: View[Any]) -> bool:
    """Whether some of the environment comes from what is not seen: a pod's `envFrom`."""
    return bool(view.known(ENV_FROM, None))


def is_instance(view: View[Any]) -> bool:
    """Whether the tasks are interchangeable app instances: the image's `web` role, or an Agno app without one."""
    environment = view.mapping(ENV) or {}
    if "AGNO_ROLE" in environment:
        return view.text(f"{ENV}.AGNO_ROLE") == "web"
    return "DB_POOL_SIZE" in environment or _is_agno(view)


def is_app(view: View[Any]) -> bool:
    """Whether it is an app instance or a scheduler; nothing is said where it can't be told."""
    environment = view.known(ENV, {})
    named = isinstance(environment, Mapping) and ("AGNO_ROLE" in environment or "DB_POOL_SIZE" in environment)
    return named or _is_agno(view)


def _is_agno(view: View[Any]) -> bool:
    """Whether the image is Agno's, or one of Agno's name; ours, which are stores too, say their role."""
    image = view.known(IMAGE, "")
    parts = image.split("/") if isinstance(image, str) else []
    return any(part.startswith(("agno", "agentos")) and part != "agno-ha" for part in parts)


def image_name(view: View[Any]) -> str | None:
    """Return an image's name without registry, path, tag and digest; None where it is not known.

    >>> from agno_ha_policies.model import NoBounds, Resource
    >>> props = {"taskSpec": {"containerSpec": {"image": "registry:5000/library/postgres:16@sha256:01"}}}
    >>> image_name(View(Resource("u", SERVICE, "db", "", props), NoBounds(), None, {}))
    'postgres'
    """
    image = view.known(IMAGE, "")
    return re.split(r"[:@]", image.rpartition("/")[2])[0] if isinstance(image, str) else None


def words(view: View[Any]) -> list[Any]:
    """Return entrypoint and arguments in one list; `UNKNOWN` stands for what is not known."""
    found: list[Any] = []
    for path in (COMMANDS, ARGS):
        part = view.known(path, [])
        found += part if isinstance(part, list) else [part]
    return found


def command(view: View[Any]) -> str:
    """Return what is known of entrypoint and arguments as one line."""
    return " ".join(word for word in words(view) if isinstance(word, str))


def unknown_word(view: View[Any]) -> str | None:
    """Return the path of the first word of the command that is not known yet; None where all are."""
    for path in (COMMANDS, ARGS):
        part = view.known(path, [])
        if part is UNKNOWN:
            return path
        for index, word in enumerate(part if isinstance(part, list) else []):
            if word is UNKNOWN:
                return f"{path}.{index}"
    return None


def published(view: View[Any]) -> list[tuple[str, float]]:
    """Return path and port inside the container of each published port; those bound to loopback left out."""
    found = []
    for index, port in enumerate(view.items(PORTS) or []):
        path = f"{PORTS}.{index}"
        local = isinstance(port, Mapping) and str(port.get("ip") or "").startswith(
            ("127.", "::1", "localhost")
        )
        target = view.number(f"{path}.targetPort")
        if target is not None and not local:
            found.append((path, target))
    return found


def duration(view: View[Any], path: str, default: str) -> float | None:
    """Return the seconds of Docker's durations, such as `1m30s`."""
    text = view.text(path, default)
    parts = re.findall(r"([0-9.]+)(h|ms|us|µs|ns|m|s)", text or "")
    if text is None or (text not in ("0", "") and "".join(a + b for a, b in parts) != text):
        if text is not None:
            view.unreadable(path, "is not a duration")
        return None
    return sum(float(number) * _UNITS[unit] for number, unit in parts)


def numbered(view: View[Any], name: str) -> list[tuple[int, Any]]:
    """Return a list of the container, each entry with its index."""
    return list(enumerate(view.items(f"{SPEC}.{name}") or []))


def kept(view: View[Any]) -> list[tuple[int, Any]]:
    """Return the mounts that outlive the container: all but those in memory."""
    return [
        (index, mount)
        for index, mount in numbered(view, "mounts")
        if view.text(f"{SPEC}.mounts.{index}.type", "volume") != "tmpfs"
    ]
