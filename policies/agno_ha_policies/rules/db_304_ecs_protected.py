"""DB-304: deletion of Postgres."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import CLUSTER, INSTANCE
from agno_ha_policies.aws.stores import is_postgres, is_replica
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Read the setting; a replica can be made again."""
    if is_postgres(view) and not is_replica(view) and view.flag("deletionProtection", False) is False:
        yield view.violation(
            "deletionProtection",
            "nothing keeps the database from being deleted. Set it to true.",
        )


RULE = ResourceRule(
    id="DB-304",
    title="Postgres on RDS is protected against deletion",
    severity="high",
    levels={"dev": "disabled"},
    rationale="Without it one `pulumi destroy`, a replacement or a click deletes the data.",
    remediation="Set deletionProtection; AgnoService does outside dev.",
    bounds=NoBounds,
    types=frozenset({INSTANCE, CLUSTER}),
    check=check,
)
