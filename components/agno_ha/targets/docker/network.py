"""Two overlay networks: nginx meets the instances on one, the instances meet the stores on the other."""

from __future__ import annotations

from dataclasses import dataclass

import pulumi_docker as docker

from agno_ha.targets.docker.swarm import Scope
from agno_ha.targets.docker.swarm_names import NAMESPACE_LABEL


@dataclass(frozen=True)
class Networks:
    """The networks of one stack."""

    edge: docker.Network
    """nginx and the instances; the way out to the models."""
    stores: docker.Network
    """Instances and stores; internal, so the stores reach nothing outside and nothing outside reaches them."""


def create(scope: Scope) -> Networks:
    """Create both networks."""
    return Networks(
        edge=_overlay(scope, "edge", internal=False), stores=_overlay(scope, "stores", internal=True)
    )


def _overlay(scope: Scope, room: str, *, internal: bool) -> docker.Network:
    return docker.Network(
        f"{scope.name}-{room}",
        name=scope.physical(room),
        driver="overlay",
        internal=internal,
        labels=[docker.NetworkLabelArgs(label=NAMESPACE_LABEL, value=scope.namespace)],
        opts=scope.options(),
    )
