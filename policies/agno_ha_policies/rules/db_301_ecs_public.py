"""DB-301: an address of Postgres in the internet."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.kinds import CLUSTER, CLUSTER_INSTANCE, INSTANCE
from agno_ha_policies.aws.stores import is_postgres
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Read the setting."""
    if is_postgres(view) and view.flag("publiclyAccessible", False) is True:
        yield view.violation(
            "publiclyAccessible",
            "the database has an address in the internet. Set it to false.",
        )


RULE = ResourceRule(
    id="DB-301",
    title="Postgres on RDS is not public",
    severity="critical",
    rationale="A database that the internet can reach is tried by everybody, and one weak password or one flaw "
    "away from everybody.",
    remediation="Set publiclyAccessible to false, and put it into private subnets.",
    bounds=NoBounds,
    types=frozenset({INSTANCE, CLUSTER, CLUSTER_INSTANCE}),
    check=check,
)
