"""Where the turns of a conversation are kept."""

from __future__ import annotations

from typing import Literal

from agno_ha.topology.base import Section


class Sessions(Section):
    """Session state lives outside the instances: any of them can serve any turn."""

    store: Literal["postgres", "redis"] = "postgres"
    """`postgres` (default: durable, backed up) or `redis` (as durable as its persistence)."""
