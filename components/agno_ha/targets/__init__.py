"""The targets: one folder each, the same rooms in every one; a target's SDK is imported only when it is chosen."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Protocol

from agno_ha.topology.problem import ConfigurationError, Problem

if TYPE_CHECKING:
    import pulumi

    from agno_ha.address import Address
    from agno_ha.credentials import Credentials
    from agno_ha.topology import Topology

NAMES = ("docker", "kubernetes", "ecs")
"""The targets of this version."""


class Target(Protocol):
    """What a target's package offers; `settings` are its own, of the type `Settings`."""

    AUTOSCALES: bool
    """Whether the platform changes the number of instances by itself."""
    FAILOVER: bool
    """Whether a managed Postgres gets a standby where it is asked for."""
    ADMINISTRATOR: bool
    """Whether a managed Postgres has a superuser of ours beside the app's role."""
    Settings: type[Any]
    """The stack file's section of the target's name."""

    def surge(self, topology: Topology) -> int:
        """Return how many instances can exist above `scaling.max` while all are replaced."""

    def problems(self, topology: Topology, settings: Any, namespace: str | None = None) -> list[Problem]:
        """Return what the platform would refuse, or would not do as asked.

        Args:
            topology: what to run.
            settings: the target's own.
            namespace: prefix of the names on the platform. Default: not known yet, and not looked at.
        """

    def facts(self, topology: Topology, settings: Any) -> Mapping[str, int | float | str | bool]:
        """Return the facts that are other here than the topology says."""

    def has_secrets(self, settings: Any) -> bool:
        """Return whether the platform holds the passwords and keys already: then none are generated or kept."""

    def resolve_images(self, topology: Topology, settings: Any) -> Any:
        """Return the images, pinned where the target can; as `deploy` takes them."""

    def deploy(
        self,
        name: str,
        *,
        namespace: str,
        topology: Topology,
        settings: Any,
        images: Any,
        credentials: Credentials,
        parent: pulumi.Resource,
        protect: bool,
    ) -> Address:
        """Create every resource and return where the stack is reached, known once it runs."""


def choose(target: object) -> Target | None:
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
        fix = (
            f"Install the target's extra: scripts/environment --extra {target}, or where agno-ha is a dependency "
            f"pip install 'agno-ha[{target}]'"
        )
        message = f"the package {error.name} is not installed"
        raise ConfigurationError([Problem("", "agno-ha:target", str(target), message, fix)]) from None
    return None
