"""Services of ECS: what they run, who scales them, and how many tasks there are."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from agno_ha_policies.aws.kinds import SCALING, SCHEDULE, SERVICE, TASK
from agno_ha_policies.aws.references import meant
from agno_ha_policies.aws.tasks import is_web
from agno_ha_policies.view import View

COUNT = "desiredCount"


class Range(NamedTuple):
    """Who says between which numbers of tasks a service is, and where."""

    view: View[Any]
    low: str
    high: str

    def least(self) -> float | None:
        """The smallest number; None where it is not said, and said, where it can't be read."""
        return self._number(self.low)

    def most(self) -> float | None:
        """The largest; likewise."""
        return self._number(self.high)

    def _number(self, path: str) -> float | None:
        # A schedule may set one alone.
        left_out = self.view.resource.type == SCHEDULE and self.view.known(path, None) is None
        return None if left_out else self.view.number(path)


class Scaled(NamedTuple):
    """A scalable target of ECS."""

    target: View[Any]
    services: list[View[Any]]
    """The service that it scales; none where that is not beside it, several where it can't be told."""
    ranges: list[Range]
    """Its own, and those of the schedules that set it to others."""


def services(group: Sequence[View[Any]]) -> list[View[Any]]:
    """Return the services among resources that belong together."""
    return [each for each in group if each.resource.type == SERVICE]


def scaled(group: Sequence[View[Any]]) -> list[Scaled]:
    """Return what Application Auto Scaling does with services."""
    targets = [
        each for each in group if each.resource.type == SCALING and each.text("serviceNamespace") == "ecs"
    ]
    schedules = [each for each in group if each.resource.type == SCHEDULE]
    return [
        Scaled(
            each,
            meant(each, "resourceId", services(group), "name"),
            [
                Range(each, "minCapacity", "maxCapacity"),
                *(
                    Range(other, "scalableTargetAction.minCapacity", "scalableTargetAction.maxCapacity")
                    for other in schedules
                    if _same(each, other)
                ),
            ],
        )
        for each in targets
    ]


def _same(target: View[Any], schedule: View[Any]) -> bool:
    """Whether a schedule is of a target: it names what that scales, or is made of it or of the same."""
    parts = schedule.resource.made_of.get("resourceId", ())
    scales = target.known("resourceId", None)
    return (
        target.resource.urn in parts
        or (isinstance(scales, str) and scales == schedule.known("resourceId", None))
        or (bool(parts) and set(parts) == set(target.resource.made_of.get("resourceId", ())))
    )


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
