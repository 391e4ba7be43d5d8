"""CACHE-103: what of a real Redis survives a restart."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from agno_ha_policies.docker.servers import beside_an_app, setting
from agno_ha_policies.docker.workload import ARGS, SERVICES, SPEC, kept, numbered
from agno_ha_policies.model import NoBounds, StackRule, Violation
from agno_ha_policies.view import View


def check(services: Sequence[View[NoBounds]]) -> Iterator[Violation]:
    """Look at the Redis beside an app: its log, and the volume that keeps it."""
    for service in beside_an_app(services):
        logged = setting(service, "appendonly", "no")
        if logged is not None and logged != "yes":
            yield service.violation(ARGS, "Redis keeps no log of its writes. Set --appendonly yes.")
        elif logged == "yes" and not kept(service) and not numbered(service, "volumes"):
            yield service.violation(
                f"{SPEC}.mounts",
                "the log is kept in the container itself and goes with it. Mount a volume at /data.",
            )


RULE = StackRule(
    id="CACHE-103",
    title="Redis of an app survives a restart",
    severity="critical",
    levels={"dev": "advisory"},
    rationale="Queued runs, and sessions where they are kept in Redis, would be gone with the container.",
    remediation="Set --appendonly yes and mount a volume at /data.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
