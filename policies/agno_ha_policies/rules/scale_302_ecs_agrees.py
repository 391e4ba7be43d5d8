"""SCALE-302: the bounds of autoscaling against the facts."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import SCALING
from agno_ha_policies.docker.agreement import differs
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(target: View[NoBounds]) -> Iterator[Violation]:
    """Compare an AgnoService's own scalable target with its facts."""
    if target.owner is None or target.name != f"{target.owner.name}-scaling":
        return
    for path, fact in (("minCapacity", "min"), ("maxCapacity", "max")):
        yield from differs(target, path, path, target.number(path), fact, f"scaling.{fact}")


RULE = ResourceRule(
    id="SCALE-302",
    title="Autoscaling on ECS agrees with the facts",
    severity="critical",
    rationale="Every budget is made for the facts' min and max; bounds that something else sets make them all "
    "wrong.",
    remediation="Let the topology decide the bounds.",
    bounds=NoBounds,
    types=frozenset({SCALING}),
    check=check,
)
