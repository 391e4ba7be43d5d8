"""SEC-103: the user of a container's processes."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.workload import SERVICES, SPEC
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

_USER = f"{SPEC}.user"
_ROOT = frozenset({"", "0", "root"})


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look at the user; without one the image decides, and most images choose root."""
    user = service.text(_USER, "")
    if user is not None and user.partition(":")[0] in _ROOT:
        yield service.violation(
            _USER, "the processes run as root, or as whom the image chooses. Set a user id."
        )


RULE = ResourceRule(
    id="SEC-103",
    title="No process runs as root",
    severity="medium",
    level="advisory",
    rationale="Root in a container is one fault of the kernel away from root on the machine.",
    remediation="Set user to a number that is not 0.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
