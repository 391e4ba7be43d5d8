"""SEC-107: Docker's socket inside a container."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.workload import SERVICES, SPEC, numbered
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look for the socket among the mounts."""
    for path in [
        *(f"{SPEC}.mounts.{index}.source" for index, _ in numbered(service, "mounts")),
        *(f"{SPEC}.volumes.{index}.hostPath" for index, _ in numbered(service, "volumes")),
    ]:
        source = service.text(path, "")
        if source is not None and source.endswith("docker.sock"):
            yield service.violation(
                path, "whoever has Docker's socket is root on the machine. Remove the mount."
            )


RULE = ResourceRule(
    id="SEC-107",
    title="No container has Docker's socket",
    severity="critical",
    rationale="Over the socket a container starts a privileged one: it is root on the machine.",
    remediation="Remove the mount; give what needs the engine a proxy that filters.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
