"""DB-004: protection of what holds data."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.model import SERVICE, NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Read the fact."""
    if service.flag("protected") is False:
        yield service.violation(
            "protected",
            "what holds data is not protected against deletion. Set agno-ha:environment to staging or prod.",
        )


RULE = ResourceRule(
    id="DB-004",
    title="Data is protected against deletion",
    severity="critical",
    levels={"dev": "disabled"},
    rationale="Without protection one `pulumi destroy`, or a rename that replaces, deletes the conversations.",
    remediation="Set agno-ha:environment to staging or prod, which protects volumes and the passwords that open them.",
    bounds=NoBounds,
    types=frozenset({SERVICE}),
    check=check,
)
