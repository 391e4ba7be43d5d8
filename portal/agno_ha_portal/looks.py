"""How stacks are now: asked of their platforms in the background, so that no page waits for one that hangs."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from threading import Event, Lock, Thread

from agno_ha.configuration import ConfigurationError
from agno_ha.operations.errors import OperationError
from agno_ha.operations.status import Status
from agno_ha.operations.workspace import Workspace

_FRESH = 15.0  # seconds after which a platform is asked again
_PATIENCE = 3.0  # seconds that the first page waits

Look = Callable[[Workspace], Status]
"""Such as `agno_ha.operations.status.of`."""


class Looks:
    """The last answer of each stack's platform."""

    def __init__(self, root: Path, look: Look) -> None:
        self._root = root
        self._look = look
        self._lock = Lock()
        self._asked: dict[str, tuple[float, Event]] = {}
        self._last: dict[str, Status | None] = {}

    def at(self, stack: str) -> Status | None:
        """Return the last answer, which may be some seconds old; None where the platform does not tell."""
        with self._lock:
            begun, answered = self._asked.get(stack, (0.0, None))
            if answered is None or (answered.is_set() and time.monotonic() - begun > _FRESH):
                answered = Event()
                self._asked[stack] = (time.monotonic(), answered)
                # Not in a pool, whose threads a portal that stops would wait for.
                Thread(target=self._ask, args=(stack, answered), daemon=True).start()
        if stack not in self._last:
            answered.wait(_PATIENCE)
        return self._last.get(stack)

    def _ask(self, stack: str, answered: Event) -> None:
        status = None
        try:
            with suppress(OperationError, ConfigurationError):
                status = self._look(Workspace(self._root, stack))
        finally:
            self._last[stack] = status
            answered.set()
