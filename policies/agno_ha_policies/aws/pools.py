"""Connection pools that containers' environments configure."""

from __future__ import annotations

from typing import Any

from agno_ha_policies.aws.tasks import Container, number
from agno_ha_policies.view import View

SIZE, OVERFLOW, WORKERS = "DB_POOL_SIZE", "DB_MAX_OVERFLOW", "WORKERS"
_DEFAULTS = {SIZE: 5.0, OVERFLOW: 10.0, WORKERS: 1.0}
"""SQLAlchemy's, and one process."""


def setting(view: View[Any], container: Container, name: str) -> float | None:
    """Return one number of the pool; None, and said, where it is none."""
    return number(view, container, name, _DEFAULTS[name])


def pool(view: View[Any], container: Container) -> float | None:
    """Return the connections that one task opens at most; infinite for SQLAlchemy's 0 and -1: no limit."""
    size, overflow, workers = (setting(view, container, name) for name in (SIZE, OVERFLOW, WORKERS))
    if size is None or overflow is None or workers is None:
        return None
    return float("inf") if size <= 0 or overflow < 0 else workers * (size + overflow)
