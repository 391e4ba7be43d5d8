"""Task definitions: the containers that their JSON holds."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from agno_ha_policies.model import UNKNOWN
from agno_ha_policies.view import View

CONTAINERS = "containerDefinitions"
_FREE = ("dockerLabels", "options")
"""Maps whose names are the user's."""


class Container(NamedTuple):
    """One container."""

    position: int
    data: Mapping[str, Any]

    def path(self, name: str) -> str:
        """Where one of its properties is."""
        return f"{CONTAINERS}.{self.position}.{name}"

    def at(self, path: str) -> Any:
        """What stands at a dotted path; None where nothing does."""
        found: Any = self.data
        for part in path.split("."):
            found = found.get(part) if isinstance(found, Mapping) else None
        return found

    @property
    def name(self) -> str:
        """Its name; its number where it has none."""
        name = self.data.get("name")
        return name if isinstance(name, str) else str(self.position)

    @property
    def essential(self) -> bool:
        """Whether the task ends with it; ECS' default is true. Others prepare, and end before it starts."""
        return self.data.get("essential") is not False

    @property
    def environment(self) -> dict[str, Any]:
        """Name → value of its plain variables."""
        return {name: each.get("value") for name, each in self._named("environment").items()}

    @property
    def secrets(self) -> frozenset[str]:
        """Names of the variables whose values are kept elsewhere."""
        return frozenset(self._named("secrets"))

    @property
    def variables(self) -> frozenset[str]:
        """Names of all its variables."""
        return self.secrets | self.environment.keys()

    def _named(self, key: str) -> dict[str, Mapping[str, Any]]:
        entries = self.data.get(key)
        pairs = [each for each in entries if isinstance(each, Mapping)] if isinstance(entries, list) else []
        return {each["name"]: each for each in pairs if isinstance(each.get("name"), str)}


def is_unknown(view: View[Any]) -> bool:
    """Whether the containers are not known before the deployment, as where a host of a store is among them."""
    return view.known(CONTAINERS, None) is UNKNOWN


def containers(view: View[Any]) -> list[Container]:
    """Return the containers; none, and said, where they can't be read."""
    if is_unknown(view):
        view.unreadable(CONTAINERS, "is not known before the first deployment", soon=True)
        return []
    text = view.text(CONTAINERS)
    try:
        found = json.loads(text) if text is not None else []
    except ValueError:
        found = None
    if not isinstance(found, list):
        view.unreadable(CONTAINERS, "is not a list of containers")
        return []
    return [Container(index, _as_ecs(each)) for index, each in enumerate(found) if isinstance(each, Mapping)]


def _as_ecs(value: Any, *, named: bool = True) -> Any:
    """Return a part of a container as the provider sends it: null is left out, names begin with a small letter."""
    if isinstance(value, list):
        return [_as_ecs(each) for each in value]
    if not isinstance(value, Mapping):
        return value
    names = ((key[:1].lower() + key[1:] if named else key, entry) for key, entry in value.items())
    return {name: _as_ecs(entry, named=name not in _FREE) for name, entry in names if entry is not None}


def apps(view: View[Any]) -> list[Container]:
    """Return the containers that have a connection pool or the role of an instance."""
    return [
        each
        for each in containers(view)
        if each.essential and not {"DB_POOL_SIZE", "AGNO_ROLE"}.isdisjoint(each.variables)
    ]


def is_web(view: View[Any]) -> bool:
    """Whether a container is an app instance: the image's `web` role, or one with a pool that has no role."""
    # Of an AgnoService's own, the load balancer says which they are.
    if is_unknown(view) and view.owner is not None:
        return False
    return any(each.environment.get("AGNO_ROLE", "web") == "web" for each in apps(view))


def number(view: View[Any], container: Container, name: str, default: float) -> float | None:
    """Return a variable that holds a number; None, and said, where it does not. It is never shown."""
    if name in container.secrets:
        view.unreadable(container.path(f"secrets.{name}"), "is a secret, and not known here")
        return None
    value = container.environment.get(name, default)
    try:
        found = float(value)
    except (TypeError, ValueError):
        found = float("nan")
    if found != found or found in (float("inf"), float("-inf")):
        view.unreadable(container.path(f"environment.{name}"), "is not a number")
        return None
    return found
