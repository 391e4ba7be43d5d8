"""The running portal's parts, which every route reaches through the app."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import cast

from agno_ha.operations.model import OperationsApi
from fastapi import Request

from agno_ha_portal.access import Access
from agno_ha_portal.actions import Actions
from agno_ha_portal.audit import Audit
from agno_ha_portal.looks import Look, Looks
from agno_ha_portal.overview import Overview, StackSummary
from agno_ha_portal.picture import Diagrams
from agno_ha_portal.settings import Settings


class Portal:
    """What the routes work with."""

    def __init__(self, settings: Settings, operations: OperationsApi, look: Look) -> None:
        self.settings = settings
        self.operations = operations
        self.stopping = Event()
        """Set when the server stops: streams end and diagrams are given up, which it would wait for."""
        self.audit = Audit(settings.private / "audit.jsonl")
        self.access = Access(settings, self.audit)
        self.actions = Actions(settings, operations, self.audit)
        self.overview = Overview(settings.root, operations, Looks(settings.root, look))
        self.diagram = Diagrams(settings.root, self.stopping).of

    def summaries(self) -> list[StackSummary]:
        """Return every stack at a glance; they are looked at side by side."""
        with ThreadPoolExecutor(4) as pool:
            return list(pool.map(self.overview.summary, self.operations.stacks()))


def portal_of(request: Request) -> Portal:
    """Return the running portal."""
    return cast(Portal, request.app.state.portal)
