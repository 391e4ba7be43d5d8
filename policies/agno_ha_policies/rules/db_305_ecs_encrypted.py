"""DB-305: encryption of Postgres' volume."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import CLUSTER, INSTANCE
from agno_ha_policies.aws.stores import is_postgres
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Read the setting; Aurora's old serverless mode is always encrypted."""
    if not is_postgres(view) or view.text("engineMode", "") == "serverless":
        return
    if view.flag("storageEncrypted", False) is False:
        yield view.violation(
            "storageEncrypted",
            "the volume and its backups are not encrypted. Set it to true.",
        )


RULE = ResourceRule(
    id="DB-305",
    title="Postgres on RDS is encrypted at rest",
    severity="high",
    rationale="Snapshots and volumes are copied and shared; unencrypted, whoever gets one reads every "
    "conversation. It can't be switched on later.",
    remediation="Set storageEncrypted to true.",
    bounds=NoBounds,
    types=frozenset({INSTANCE, CLUSTER}),
    check=check,
)
