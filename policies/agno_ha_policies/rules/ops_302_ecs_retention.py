"""OPS-302: how long logs are kept."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import LOGS
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(group: View[NoBounds]) -> Iterator[Violation]:
    """Look for a retention; 0 is none. That of the class for deliveries is AWS's to set."""
    if group.text("logGroupClass", "STANDARD") != "DELIVERY" and group.number("retentionInDays", 0) == 0:
        yield group.violation("retentionInDays", "they are kept for ever. Set it, to 30 for example.")


RULE = ResourceRule(
    id="OPS-302",
    title="Logs on CloudWatch end some day",
    severity="low",
    levels={"dev": "advisory"},
    rationale="Logs that are kept for ever cost more every month, and hold what should have been forgotten.",
    remediation="Set retentionInDays.",
    bounds=NoBounds,
    types=frozenset({LOGS}),
    check=check,
)
