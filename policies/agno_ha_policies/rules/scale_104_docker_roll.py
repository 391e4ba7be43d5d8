"""SCALE-104: a roll that takes all instances at once."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.workload import SERVICES, is_instance, replicas
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View, digits


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Compare what a roll stops at a time with what runs."""
    if not is_instance(service):
        return
    count, order = replicas(service), service.text("updateConfig.order", "stop-first")
    at_once = service.number("updateConfig.parallelism", 1)
    if count is None or count < 2 or at_once is None or order != "stop-first":
        return
    if at_once == 0 or at_once >= count:
        yield service.violation(
            "updateConfig.parallelism",
            f"all {digits(count)} instances stop at once in every roll. Set updateConfig.order to start-first, or "
            "parallelism to 1.",
        )


RULE = ResourceRule(
    id="SCALE-104",
    title="An update leaves instances running",
    severity="critical",
    rationale="An update that stops every instance before new ones serve is an outage, however many there are.",
    remediation="Set updateConfig.order to start-first and parallelism to 1.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
