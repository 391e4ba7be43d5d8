"""SCALE-102: the number of instances that run against the facts."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.workload import REPLICAS, SERVICES, is_own, replicas
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View, digits


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Compare the replicas of an AgnoService's own web service with its facts."""
    if service.owner is None or not is_own(service, "web"):
        return
    if service.flag("mode.global", False):
        yield service.violation(
            "mode.global",
            "a global service runs on every node, so that no scaling.max holds. Use mode.replicated.",
        )
        return
    count, minimum, maximum = (
        replicas(service),
        service.owner.number("min"),
        service.owner.number("max"),
    )
    if count is None:
        return
    if (minimum is not None and count < minimum) or (maximum is not None and count > maximum):
        between = " and ".join("?" if bound is None else digits(bound) for bound in (minimum, maximum))
        yield service.violation(
            REPLICAS,
            f"replicas = {digits(count)}, but the facts of {service.owner.name} say between {between}. "
            "Change scaling.min and scaling.max instead of the resource, or remove the transform that "
            "changes it.",
        )


RULE = ResourceRule(
    id="SCALE-102",
    title="Running instances agree with the facts",
    severity="critical",
    rationale="Every budget is made for the facts' min and max; a count that something else sets makes "
    "them all wrong.",
    remediation="Let the topology decide the count.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
