"""What every room of the ECS target shares: names, tags, settings and the parent of every resource."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import pulumi

from agno_ha.targets.ecs.names import fit
from agno_ha.targets.ecs.settings import EcsSettings
from agno_ha.topology import Topology

NAMESPACE_TAG = "agno-ha:stack"
"""Tag of everything, with the stack's namespace: what a cost report and a search for leftovers go by."""


@dataclass(frozen=True)
class Scope:
    """Where the rooms build."""

    name: str
    """Prefix of the Pulumi names."""
    namespace: str
    """Prefix of the names on AWS; two stacks in one account and region differ in it."""
    topology: Topology
    settings: EcsSettings
    image: str
    """The app's image."""
    parent: pulumi.Resource
    provider: pulumi.ProviderResource
    protect: bool
    """Whether what holds data is protected against deletion."""

    def options(
        self,
        *,
        depends_on: Sequence[pulumi.Resource] = (),
        protect: bool = False,
        ignore: Sequence[str] = (),
        timeout: float | None = None,
    ) -> pulumi.ResourceOptions:
        """Return the options of a child of this scope; `timeout` in seconds, for creating and updating."""
        text = f"{timeout:g}s" if timeout else None
        return pulumi.ResourceOptions(
            parent=self.parent,
            provider=self.provider,
            depends_on=list(depends_on),
            protect=protect or None,
            ignore_changes=list(ignore) or None,
            custom_timeouts=pulumi.CustomTimeouts(create=text, update=text) if text else None,
        )

    def physical(self, room: str, limit: int, *distinct: object) -> str:
        """Return the name of a room's object on AWS, within its limit (`names.fit`)."""
        return fit(self.namespace, room, limit, *distinct)

    def tags(self, room: str) -> dict[str, str]:
        """Return the tags of a room's object; the console shows `Name`."""
        return {
            **self.settings.tags,
            "Name": self.physical(room, 128),
            NAMESPACE_TAG: self.namespace[:256],
        }
