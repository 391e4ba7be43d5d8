"""OPS-102: rotation of real containers' logs."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.workload import SERVICES
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

_DRIVER, _OPTIONS = "taskSpec.logDriver.name", "taskSpec.logDriver.options"


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look at the driver: Docker's default one keeps everything for ever."""
    driver, options = service.text(_DRIVER, "json-file"), service.mapping(_OPTIONS)
    if driver == "none":
        yield service.violation(
            _DRIVER, "nothing is kept of what the container says. Choose another log driver."
        )
    elif driver == "json-file" and options is not None and "max-size" not in options:
        yield service.violation(_OPTIONS, "the log grows until the disk is full. Set max-size and max-file.")
    elif driver == "json-file" and options is not None and "max-file" not in options:
        yield service.violation(_OPTIONS, "what is rotated is gone at once. Set max-file to 2 or more.")


RULE = ResourceRule(
    id="OPS-102",
    title="Logs are kept and rotated",
    severity="medium",
    levels={"dev": "advisory"},
    rationale="A log that grows for ever fills the disk, and a full disk stops the database; no log at all leaves "
    "every failure unexplained.",
    remediation="Set max-size and max-file of json-file, or use a driver that rotates.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
