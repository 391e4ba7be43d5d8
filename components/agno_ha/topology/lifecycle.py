"""How an instance stops, and when it counts as dead."""
# ruff: noqa: RUF001 (the multiplication sign)

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from agno_ha.topology.base import Between, Conflict, Section, Whole
from agno_ha.topology.units import HOUR, MINUTE, Duration, duration_text

LIFESPAN_DRAIN = 65.0
"""Seconds that background runs get after the requests (Agno's 30 s + 35 s)."""

FROZEN_LIMIT = 30.0
"""Seconds after which a frozen instance must be out."""


class Drain(Section):
    """A stop: SIGTERM, `delay`, requests in flight up to `timeout`, background runs, SIGKILL at `grace`."""

    delay: Annotated[Duration, Between(0, 10 * MINUTE, duration_text)] = 5.0
    """Time it keeps serving after SIGTERM; default 5s, until the load balancer has noticed."""

    timeout: Annotated[Duration, Between(1, HOUR, duration_text)] = 90.0
    """Time for requests in flight; default 90s. A stream still open is cut, and a cut run is not stored."""

    grace: Annotated[Duration, Between(1, 2 * HOUR, duration_text)] = 180.0
    """Time from SIGTERM to SIGKILL; default 180s: delay, timeout and 65s for background runs fit in."""

    def conflicts(self) -> Iterator[Conflict]:
        """Nothing is killed before it had its time."""
        needed = self.delay + self.timeout + LIFESPAN_DRAIN
        if needed > self.grace:
            yield Conflict(
                "grace",
                f"less than delay {self.delay:g}s + timeout {self.timeout:g}s + {LIFESPAN_DRAIN:g}s for"
                f" background runs = {needed:g}s",
                f"Raise app.drain.grace to {duration_text(needed)}, or shorten the others",
            )


class Health(Section):
    """The check on `/health`, which needs no store: what fails it is replaced."""

    interval: Annotated[Duration, Between(1, 5 * MINUTE, duration_text)] = 5.0
    """Time between checks; default 5s."""

    timeout: Annotated[Duration, Between(0.5, MINUTE, duration_text)] = 5.0
    """Time for an answer; default 5s, what a busy worker may need."""

    retries: Annotated[Whole, Between(1, 10)] = 2
    """Failures in a row that replace the instance; default 2."""

    start_period: Annotated[Duration, Between(0, 10 * MINUTE, duration_text)] = 60.0
    """Time to start, in which failures don't count; default 60s: 4s usually, more to wait for the schema."""

    def conflicts(self) -> Iterator[Conflict]:
        """A frozen instance is out in time."""
        out = self.retries * (self.interval + self.timeout)
        if out > FROZEN_LIMIT:
            yield Conflict(
                "retries",
                f"a frozen instance would serve for {self.retries} × (interval {self.interval:g}s + timeout"
                f" {self.timeout:g}s) = {out:g}s > {FROZEN_LIMIT:g}s",
                "Lower app.health.interval, timeout or retries",
            )
