"""DB-205: where a Postgres on Kubernetes keeps its data."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import PODS
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.rules import db_105_docker_volume as on_docker
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look for a volume that outlives the pod."""
    yield from on_docker.check(view)


RULE = ResourceRule(
    id="DB-205",
    title="Postgres on Kubernetes keeps its data on a claim",
    severity="critical",
    rationale="A container's own disk, and an emptyDir, go with the pod: the next update would begin with "
    "an empty database.",
    remediation="Mount a PersistentVolumeClaim at /var/lib/postgresql/data.",
    bounds=NoBounds,
    types=PODS,
    check=check,
)
