"""The targets: one folder each, the same rooms in every one; a target's SDK is imported only when it is chosen."""

from __future__ import annotations

from typing import Any

from agno_ha.topology.problem import ConfigurationError, Problem

NAMES = ("docker", "kubernetes", "ecs")
"""The targets of this version."""


def choose(target: object) -> Any:
    """Return the target's package; None where this version has no such target.

    Imported here alone: the engine looks for the plugin of every provider SDK that is imported.

    Raises:
        ConfigurationError: the target's packages are not installed.
    """
    try:
        if target == "docker":
            from agno_ha.targets import docker

            return docker
        if target == "kubernetes":
            from agno_ha.targets import kubernetes

            return kubernetes
        if target == "ecs":
            from agno_ha.targets import ecs

            return ecs
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("agno_ha"):
            raise
        fix = f"Install the target's extra: pip install 'agno-ha[{target}]'"
        message = f"the package {error.name} is not installed"
        raise ConfigurationError([Problem("", "agno-ha:target", str(target), message, fix)]) from None
    return None
