"""OPS-104: what happens to a bad version."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.workload import SERVICES, is_instance
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look at the update settings of app instances; a plain container knows none."""
    if not is_instance(service) or service.flag("mode.container", False):
        return
    action = service.text("updateConfig.failureAction", "pause")
    if action is not None and action != "rollback":
        yield service.violation(
            "updateConfig.failureAction",
            "a version that does not become healthy stays half rolled out. Set it to rollback.",
        )


RULE = ResourceRule(
    id="OPS-104",
    title="A bad version is rolled back",
    severity="high",
    rationale="Without it a version that does not start stops the roll half-way or goes on to every instance.",
    remediation="Set updateConfig.failureAction to rollback.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
