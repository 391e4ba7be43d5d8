"""SCALE-205: a roll that takes too many pods at once."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from agno_ha_policies.docker.workload import REPLICAS, is_instance
from agno_ha_policies.kubernetes.kinds import AUTOSCALERS, PODS
from agno_ha_policies.kubernetes.pods import autoscalers, bounds
from agno_ha_policies.model import NoBounds, StackRule, Violation
from agno_ha_policies.view import View, digits, siblings

_ROLL = "spec.strategy.rollingUpdate"
_SHARE = "25%"  # Kubernetes' own, of both
_MOST = 0.25


def check(views: Sequence[View[NoBounds]]) -> Iterator[Violation]:
    """Look at the strategy of app instances, and compare what a roll stops at a time with what runs."""
    for group in siblings(views):
        for view in group:
            if view.resource.type not in PODS or not is_instance(view):
                continue
            if view.text("spec.strategy.type", "RollingUpdate") == "Recreate":
                yield view.violation(
                    "spec.strategy.type", "all instances stop before a new one serves. Use RollingUpdate."
                )
            else:
                yield from _roll(view, group)


def _roll(view: View[NoBounds], group: Sequence[View[NoBounds]]) -> Iterator[Violation]:
    stopped, more = (_share(view, f"{_ROLL}.{name}") for name in ("maxUnavailable", "maxSurge"))
    if stopped is None or more is None or (stopped.most <= _MOST and more.most > 0):
        return
    ends = [end.number for each in autoscalers(view, group) for end in bounds(each)] or [
        view.number(REPLICAS, 1)
    ]
    for count in sorted({end for end in ends if end is not None and end >= 1}):
        # Where both are none, Kubernetes stops one: else it could not go on.
        at_once = math.floor(stopped.of(count)) or int(more.of(count) == 0)
        if at_once > count * _MOST:
            yield view.violation(
                f"{_ROLL}.maxUnavailable",
                f"{at_once} of {digits(count)} instances are stopped before new ones serve. Set it to 0.",
            )
            return


class _Share(NamedTuple):
    """A number of pods, or a part of them."""

    number: float
    part: float

    @property
    def most(self) -> float:
        """The part that it is of whatever number."""
        return self.part + self.number

    def of(self, count: float) -> float:
        return self.number + self.part * count


def _share(view: View[NoBounds], path: str) -> _Share | None:
    given = view.value(path, _SHARE)
    if isinstance(given, str) and given.endswith("%") and given[:-1].isdecimal():
        return _Share(0, min(1, float(given[:-1]) / 100))
    number = None if given is None else view.number(path)
    return None if number is None else _Share(number, 0)


RULE = StackRule(
    id="SCALE-205",
    title="An update on Kubernetes leaves instances running",
    severity="critical",
    rationale="An update that stops every instance before new ones serve is an outage, however many there "
    "are; one that stops more than a quarter of them, which is Kubernetes' own default, is a loss of capacity.",
    remediation="Set strategy RollingUpdate with maxUnavailable 0.",
    bounds=NoBounds,
    types=PODS | AUTOSCALERS,
    check=check,
)
