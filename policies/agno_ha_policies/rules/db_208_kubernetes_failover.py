"""DB-208: servers of a database cluster."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import CLUSTER
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Compare the number of servers with two."""
    instances = view.number("spec.instances", 1)
    if instances is not None and instances < 2:
        yield view.violation("spec.instances", "the cluster has no standby. Set it to 3.")


RULE = ResourceRule(
    id="DB-208",
    title="A database cluster fails over",
    severity="critical",
    levels={"dev": "disabled"},
    rationale="With one server every failure of its node is an outage of the whole service, however many "
    "instances there are.",
    remediation="Set the Cluster's instances to 3.",
    bounds=NoBounds,
    types=frozenset({CLUSTER}),
    check=check,
)
