"""The targets: one folder each, the same rooms in every one; a target's SDK is imported only when it is chosen."""

from __future__ import annotations

from typing import Any

NAMES = ("docker", "ecs")
"""The targets of this version."""


def choose(target: object) -> Any:
    """Return the target's package; None where this version has no such target.

    Imported here alone: the engine looks for the plugin of every provider SDK that is imported.
    """
    if target == "docker":
        from agno_ha.targets import docker

        return docker
    if target == "ecs":
        from agno_ha.targets import ecs

        return ecs
    return None
