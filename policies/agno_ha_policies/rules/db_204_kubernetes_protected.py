"""DB-204: protection of claims and database clusters."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.kubernetes.kinds import CLAIM, CLUSTER
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at the option that keeps Pulumi from deleting it."""
    if view.resource.protect is None:
        view.unreadable("protect", "is not told")
    elif not view.resource.protect:
        yield view.violation(
            "protect", "what holds data is not protected against deletion. Set protect=True."
        )


RULE = ResourceRule(
    id="DB-204",
    title="Data on Kubernetes is protected against deletion",
    severity="high",
    levels={"dev": "disabled"},
    rationale="Without protection one `pulumi destroy`, or a rename that replaces, deletes the data.",
    remediation="Set the resource option protect; AgnoService does outside dev.",
    bounds=NoBounds,
    types=frozenset({CLAIM, CLUSTER}),
    check=check,
)
