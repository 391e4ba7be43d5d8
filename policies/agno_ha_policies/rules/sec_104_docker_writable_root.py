"""SEC-104: the root file system of a container."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.workload import SERVICES, SPEC
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

_READ_ONLY = f"{SPEC}.readOnly"


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look at the flag."""
    if service.flag(_READ_ONLY, False) is False:
        yield service.violation(
            _READ_ONLY,
            "the root file system is writable. Set readOnly, and mount a tmpfs where something is written.",
        )


RULE = ResourceRule(
    id="SEC-104",
    title="Root file systems are read-only",
    severity="low",
    level="advisory",
    rationale="What can write its own program can be changed to stay; and what fills the disk takes its neighbours "
    "down.",
    remediation="Set readOnly and mount a tmpfs at /tmp.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
