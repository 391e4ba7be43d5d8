"""Services of ECS: what they run, who scales them, and how many tasks there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from agno_ha_policies.aws.kinds import SCALING, SERVICE, TASK
from agno_ha_policies.aws.references import meant
from agno_ha_policies.aws.tasks import is_web
from agno_ha_policies.view import View

COUNT = "desiredCount"


class Scaled(NamedTuple):
    """A scalable target of ECS."""

    target: View[Any]
    services: list[View[Any]]
    """The service that it scales; none where that is not beside it, several where it can't be told."""


def services(group: Sequence[View[Any]]) -> list[View[Any]]:
    """Return the services among resources that belong together."""
    return [each for each in group if each.resource.type == SERVICE]


def scaled(group: Sequence[View[Any]]) -> list[Scaled]:
    """Return what Application Auto Scaling does with services."""
    return [
        Scaled(each, meant(each, "resourceId", services(group), "name"))
        for each in group
        if each.resource.type == SCALING and each.text("serviceNamespace") == "ecs"
    ]


def definitions(service: View[Any], group: Sequence[View[Any]]) -> list[View[Any]]:
    """Return the task definition that a service runs; likewise."""
    return meant(service, "taskDefinition", [each for each in group if each.resource.type == TASK], "family")


def is_instance(service: View[Any], group: Sequence[View[Any]]) -> bool:
    """Whether the tasks are interchangeable app instances: behind a load balancer, or `tasks.is_web`."""
    return bool(service.items("loadBalancers")) or any(map(is_web, definitions(service, group)))


def is_left(service: View[Any]) -> bool:
    """Whether the program leaves the count to somebody else."""
    return not {COUNT, "*"}.isdisjoint(service.resource.ignored)


def desired(service: View[Any]) -> float | None:
    """Return the count of a service that no target scales; the provider's own is 0.

    None for one task on every node, and, said, where somebody else decides.
    """
    if service.text("schedulingStrategy", "REPLICA") != "REPLICA":
        return None
    if is_left(service):
        service.unreadable(COUNT, "is left to somebody else, and no scalable target beside it says to whom")
        return None
    return service.number(COUNT, 0)
