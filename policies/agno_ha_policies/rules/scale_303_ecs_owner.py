"""SCALE-303: a fixed count beside an autoscaler."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.aws.kinds import SCALING, SERVICE
from agno_ha_policies.aws.services import COUNT, is_left, scaled
from agno_ha_policies.model import NoBounds, StackRule, Violation
from agno_ha_policies.view import View, siblings


def check(views: Sequence[View[NoBounds]]) -> Iterator[Violation]:
    """Look at the service of each scalable target."""
    for group in siblings(views):
        for _, meant, _ in scaled(group):
            for service in meant if len(meant) == 1 else ():
                if service.known(COUNT, None) is not None and not is_left(service):
                    yield service.violation(
                        COUNT,
                        "an autoscaler owns the count, and every update of the program sets it back. Add "
                        "desiredCount to ignoreChanges.",
                    )


RULE = StackRule(
    id="SCALE-303",
    title="One owner of the count on ECS",
    severity="high",
    rationale="A count in the program resets what the autoscaler decided at every update: under load, instances "
    "that are needed go.",
    remediation="Add desiredCount to ignoreChanges, or leave it out.",
    bounds=NoBounds,
    types=frozenset({SCALING, SERVICE}),
    check=check,
)
