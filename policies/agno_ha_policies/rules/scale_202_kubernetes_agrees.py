"""SCALE-202: autoscalers and rolls against the facts."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.docker.agreement import differs
from agno_ha_policies.docker.workload import is_own
from agno_ha_policies.kubernetes.kinds import AUTOSCALERS
from agno_ha_policies.kubernetes.pods import bounds
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Compare the autoscaler of an AgnoService's own instances with its facts."""
    if not is_own(view, "web"):
        return
    for end, fact in zip(bounds(view), ("min", "max"), strict=True):
        yield from differs(view, end.path, end.path.rpartition(".")[2], end.number, fact, f"scaling.{fact}")


RULE = ResourceRule(
    id="SCALE-202",
    title="Autoscalers agree with the facts",
    severity="critical",
    rationale="Every budget is made for the facts' min, max and surge; numbers that something else sets "
    "make them all wrong.",
    remediation="Let the topology decide the numbers.",
    bounds=NoBounds,
    types=AUTOSCALERS,
    check=check,
)
