"""DB-105: where a real Postgres keeps its data."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.servers import is_postgres
from agno_ha_policies.docker.workload import ENV, SERVICES, SPEC, kept, numbered
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

_DATA = "/var/lib/postgresql"


def check(service: View[NoBounds]) -> Iterator[Violation]:
    """Look for a volume or a directory of the host below which the data is."""
    if not is_postgres(service):
        return
    at = [service.text(f"{SPEC}.mounts.{index}.target") for index, mount in kept(service)]
    at += [service.text(f"{SPEC}.volumes.{index}.containerPath") for index, _ in numbered(service, "volumes")]
    home = service.value(f"{ENV}.PGDATA", _DATA)
    lists = (service.items(f"{SPEC}.mounts"), service.items(f"{SPEC}.volumes"), service.mapping(ENV))
    if home is None or None in at or None in lists:
        return
    if not any(home.startswith(str(path)) or str(path).startswith(_DATA) for path in at):
        yield service.violation(
            f"{SPEC}.mounts",
            f"the data is kept in the container itself and goes with it. Mount a volume at {_DATA}/data.",
        )


RULE = ResourceRule(
    id="DB-105",
    title="Docker's Postgres keeps its data on a volume",
    severity="critical",
    rationale="A container's own disk goes with it: the next update would begin with an empty database.",
    remediation="Mount a named volume at /var/lib/postgresql/data.",
    bounds=NoBounds,
    types=SERVICES,
    check=check,
)
