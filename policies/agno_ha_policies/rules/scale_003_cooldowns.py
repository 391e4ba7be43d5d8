"""SCALE-003: the pauses between scaling steps."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from agno_ha.topology.base import Between
from agno_ha.topology.units import HOUR, Duration, duration_text

from agno_ha_policies.model import SERVICE, Bounds, ResourceRule, Violation
from agno_ha_policies.view import View

_Pause = Annotated[Duration, Between(0, HOUR, duration_text)]


class Cooldowns(Bounds):
    """Least pauses."""

    least_out: _Pause = 15.0
    """After adding: an instance takes some seconds to start and take load."""

    least_in: _Pause = 60.0
    """After removing: a lull of seconds ends nothing that is needed again."""


def check(service: View[Cooldowns]) -> Iterator[Violation]:
    """Compare the pauses with the bounds and with each other, where there is something to scale."""
    minimum, maximum = service.number("min"), service.number("max")
    if minimum is None or maximum is None or minimum >= maximum:
        return
    out, in_ = service.number("cooldownOut"), service.number("cooldownIn")
    for path, setting, value, least in (
        ("cooldownOut", "scaling.cooldown.out", out, service.bounds.least_out),
        ("cooldownIn", "scaling.cooldown.in", in_, service.bounds.least_in),
    ):
        if value is not None and value < least:
            text = f"{setting} = {duration_text(value)} is below {duration_text(least)}"
            yield service.violation(path, f"{text}. Raise it to {duration_text(least)}.")
    if out is not None and in_ is not None and in_ < out:
        yield service.violation(
            "cooldownIn",
            f"scaling.cooldown.in = {duration_text(in_)} is below scaling.cooldown.out = {duration_text(out)}, "
            "so that instances go faster than they come. Raise scaling.cooldown.in.",
        )


RULE = ResourceRule(
    id="SCALE-003",
    title="Scaling does not flap",
    severity="medium",
    rationale="Without a pause each measurement adds or removes instances before the last step could have an "
    "effect: the count swings, and every swing drains streams and opens connections.",
    remediation="Set scaling.cooldown in topology.yaml or in the stack's overrides.",
    bounds=Cooldowns,
    types=frozenset({SERVICE}),
    check=check,
)
