"""Pods: their containers, their autoscalers, and how many of them there may be."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from agno_ha_policies.addresses import same_namespace
from agno_ha_policies.docker.pooler import is_pgbouncer
from agno_ha_policies.docker.pools import Tasks
from agno_ha_policies.docker.workload import REPLICAS, has_pool
from agno_ha_policies.kubernetes.kinds import AUTOSCALERS, CLUSTER, DAEMON_SET, POD, PODS, SCALED_OBJECT
from agno_ha_policies.kubernetes.translation import translated
from agno_ha_policies.model import UNKNOWN, B
from agno_ha_policies.view import View

CONTAINERS = f"{POD}.containers"


def containers(view: View[Any], *, first: bool = True) -> Iterator[str]:
    """Return the path of each container, those that run before the others included where `first`."""
    for kind in ("containers", "initContainers") if first else ("containers",):
        for index, _ in enumerate(view.items(f"{POD}.{kind}") or []):
            yield f"{POD}.{kind}.{index}"


def parts(view: View[B]) -> list[View[B]]:
    """Return a workload as its main container, and once more as each other one that has a pool, or is a pooler."""
    others = []
    if view.resource.type in PODS and view.known(CONTAINERS, None) is not UNKNOWN:
        for index, _ in enumerate(view.items(CONTAINERS) or []):
            other = view.showing(translated(view.resource, index))
            if other.resource.named != view.resource.named and (has_pool(other) or is_pgbouncer(other)):
                others.append(other)
    return [view, *others]


class Bound(NamedTuple):
    """One end of what an autoscaler may do."""

    path: str
    number: float | None
    """None, and said, where it can't be read."""


PAUSED = "autoscaling.keda.sh/paused-replicas"


def bounds(view: View[Any]) -> tuple[Bound, Bound]:
    """Return an autoscaler's least and largest number of pods."""
    if view.resource.type != SCALED_OBJECT:
        return _bound(view, "spec.minReplicas", 1), _bound(view, "spec.maxReplicas")
    least, most = _bound(view, "spec.minReplicaCount", 0), _bound(view, "spec.maxReplicaCount", 100)
    ends = [least]
    if view.known("spec.idleReplicaCount", None) is not None:
        ends.append(_bound(view, "spec.idleReplicaCount"))
    if (paused := (view.mapping("metadata.annotations") or {}).get(PAUSED)) is not None:
        ends.append(Bound("metadata.annotations", _whole(view, paused)))
        most = _outer(max, [most, ends[-1]])
    return _outer(min, ends), most


def _bound(view: View[Any], path: str, default: float | None = None) -> Bound:
    return Bound(path, view.number(path) if default is None else view.number(path, default))


def _whole(view: View[Any], text: Any) -> float | None:
    if isinstance(text, str) and re.fullmatch("[0-9]{1,9}", text):
        return float(text)
    view.unreadable("metadata.annotations", f"{PAUSED} is not a number, or not known yet")
    return None


def _outer(choose: Any, ends: Sequence[Bound]) -> Bound:
    """Return the end that counts; what can't be read is not known to be it."""
    known = [end for end in ends if end.number is not None]
    return choose(known, key=lambda end: end.number) if len(known) == len(ends) else ends[0]


def scales(view: View[Any], workload: View[Any]) -> bool:
    """Whether an autoscaler's target is a workload: by name, kind and namespace."""
    target = view.value("spec.scaleTargetRef.name", "")
    if target is None or target != workload.value("metadata.name", workload.name):
        return False
    kind = view.value("spec.scaleTargetRef.kind", "Deployment")
    return kind in (None, workload.resource.type.rpartition(":")[2]) and same_namespace(view, workload)


def autoscalers(view: View[Any], group: Sequence[View[Any]]) -> list[View[Any]]:
    """Return the autoscalers of a workload among what belongs together."""
    return [each for each in group if each.resource.type in AUTOSCALERS and scales(each, view)]


def tasks(view: View[Any], group: Sequence[View[Any]]) -> Tasks | None:
    """Return how many pods of a workload there may be; None, and said, where it can't be told.

    As many as the autoscaler may make; twice in a roll, because old pods keep their connections while they drain, and
    `maxSurge` does not count them.
    """
    if view.resource.type == DAEMON_SET:
        view.unreadable("spec", "the number of nodes is not known")
        return None
    ends = [bounds(each) for each in autoscalers(view, group)]
    fixed = None if ends else view.number(REPLICAS, 1)
    lows, highs = ([end[side].number for end in ends] or [fixed] for side in (0, 1))
    order = view.text("updateConfig.order", "stop-first")
    least, most = _all(min, lows), _all(max, highs)
    if least is None or most is None or order is None:
        return None
    return Tasks(least, most, most * (2 if order == "start-first" and view.resource.type != CLUSTER else 1))


def _all(choose: Any, numbers: Sequence[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return choose(known) if len(known) == len(numbers) else None
