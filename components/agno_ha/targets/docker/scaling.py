"""Scaling on Docker: Swarm has no autoscaler, so the service runs `scaling.min` instances and says so."""

from __future__ import annotations

import pulumi

from agno_ha.topology import Topology


def surge(topology: Topology) -> int:
    """Return how many instances can exist above `scaling.max` while all are replaced.

    Swarm starts each new task before it stops the old one and does not wait for the old one's drain, which may
    last as long as the roll: at the end of it every old instance may still be there.
    """
    return topology.scaling.max


def replicas(topology: Topology, parent: pulumi.Resource) -> int:
    """Return the instances to run, with a warning where the topology asks for autoscaling."""
    scaling = topology.scaling
    if scaling.min != scaling.max:
        pulumi.log.warn(
            f"Docker does not autoscale: {scaling.min} instances run (topology.scaling.min); the connection pools "
            f"are sized for topology.scaling.max = {scaling.max}, so scaling.min may be raised up to that.",
            resource=parent,
        )
    return scaling.min
