"""Pods: their containers, their autoscalers, and how many of them there may be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from agno_ha_policies.kubernetes.kinds import AUTOSCALERS, HPA, POD
from agno_ha_policies.view import View

CONTAINERS = f"{POD}.containers"


def containers(view: View[Any], *, first: bool = True) -> Iterator[str]:
    """Return the path of each container, those that run before the others included where `first`."""
    for kind in ("containers", "initContainers") if first else ("containers",):
        for index, _ in enumerate(view.items(f"{POD}.{kind}") or []):
            yield f"{POD}.{kind}.{index}"


def bounds(view: View[Any]) -> tuple[float | None, float | None]:
    """Return an autoscaler's least and largest number of pods."""
    if view.resource.type == HPA:
        return view.number("spec.minReplicas", 1), view.number("spec.maxReplicas")
    return view.number("spec.minReplicaCount", 0), view.number("spec.maxReplicaCount", 100)


def paths(view: View[Any]) -> tuple[str, str]:
    """Return where an autoscaler has them."""
    if view.resource.type == HPA:
        return "spec.minReplicas", "spec.maxReplicas"
    return "spec.minReplicaCount", "spec.maxReplicaCount"


def autoscalers(view: View[Any], group: Sequence[View[Any]]) -> list[View[Any]]:
    """Return the autoscalers of a workload, by its name in the cluster, among those beside it."""
    name = view.value("metadata.name", view.name)
    return [
        each
        for each in group
        if each.resource.type in AUTOSCALERS and each.value("spec.scaleTargetRef.name", "") == name
    ]
