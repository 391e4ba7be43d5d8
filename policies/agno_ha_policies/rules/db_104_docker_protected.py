"""DB-104: protection of volumes."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

VOLUME = "docker:index/volume:Volume"


def check(volume: View[NoBounds]) -> Iterator[Violation]:
    """Look at the option that keeps Pulumi from deleting it."""
    if volume.resource.protect is None:
        volume.unreadable("protect", "is not told")
    elif not volume.resource.protect:
        yield volume.violation("protect", "the volume is not protected against deletion. Set protect=True.")


RULE = ResourceRule(
    id="DB-104",
    title="Volumes are protected against deletion",
    severity="high",
    levels={"dev": "disabled"},
    rationale="Without protection one `pulumi destroy`, or a rename that replaces, deletes the data.",
    remediation="Set the resource option protect; AgnoService does outside dev.",
    bounds=NoBounds,
    types=frozenset({VOLUME}),
    check=check,
)
