"""CACHE-104: whether a real Redis asks for a password."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.servers import is_redis, setting
from agno_ha_policies.docker.workload import ARGS, ENV, SERVICES
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look for a password or an access list in command and environment."""
    if not is_redis(service):
        return
    environment = service.mapping(ENV)
    if environment is None or any(name.startswith("REDIS_PASSWORD") for name in environment):
        return
    found = [setting(service, name, "") for name in ("requirepass", "aclfile", "user")]
    if found == ["", "", ""]:
        yield service.violation(
            ARGS,
            "everybody who reaches the server may read and delete everything. Mount an --aclfile as a secret.",
        )


RULE = ResourceRule(
    id="CACHE-104",
    title="Docker's Redis asks for a password",
    severity="high",
    levels={"dev": "advisory"},
    rationale="Without one every container on the network may read sessions and empty the queue.",
    remediation="Give the server an --aclfile, mounted as a secret.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
