"""LB-101: nginx' patience with silent streams."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from agno_ha.topology.base import Between
from agno_ha.topology.units import DAY, Duration, duration_text

from agno_ha_policies.docker.files import CONFIGS, DATA, directives, proxy, seconds
from agno_ha_policies.model import Bounds, ResourceRule, Violation
from agno_ha_policies.view import View

_DEFAULT = "60s"  # nginx'


class Patience(Bounds):
    """How long a stream may be silent."""

    least: Annotated[Duration, Between(1, DAY, duration_text)] = 300.0
    """Least proxy_read_timeout; for an AgnoService its app.longestSilence holds instead."""


def check(config: View[Patience]) -> Iterator[Violation]:
    """Compare every proxy_read_timeout with the longest silence."""
    text = proxy(config)
    if text is None:
        return
    least = config.owner.number("longestSilence") if config.owner is not None else config.bounds.least
    for given in directives(text, "proxy_read_timeout") or [_DEFAULT]:
        value = seconds(given)
        if value is None:
            config.unreadable(DATA, "proxy_read_timeout is not a duration")
        elif least is not None and value < least:
            yield config.violation(
                DATA,
                f"proxy_read_timeout is {duration_text(value)}, and streams may be silent for "
                f"{duration_text(least)}. Raise it to {duration_text(least)}.",
            )


RULE = ResourceRule(
    id="LB-101",
    title="nginx does not cut silent streams",
    severity="high",
    rationale="A stream says nothing while a model or a tool works: cut, its run is lost to the client although it "
    "goes on.",
    remediation="Raise proxy_read_timeout; for an AgnoService, loadBalancer.idleTimeout.",
    bounds=Patience,
    types=CONFIGS,
    check=check,
)
