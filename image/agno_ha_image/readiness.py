"""Whether the stores answer: asked before every run, and by /ready."""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from contextvars import Context

Probe = Callable[[], Awaitable[object]]

TIMEOUT = 5.0
"""Seconds for an answer: a busy machine takes its time, and a store that is slow is not down."""
SLICES = 20
"""A store's time is counted in so many parts: an event loop that was busy for long has used up one of them only."""


class _Store:
    """One store's probe. At most one is under way, however many ask; an answer holds for `ttl` seconds."""

    def __init__(self, probe: Probe, timeout: float, ttl: float) -> None:
        self._probe = probe
        self._timeout = timeout
        self._ttl = ttl
        self._probing: asyncio.Task[None] | None = None
        self._patience: asyncio.Task[None] | None = None
        self._problem: str | None = None
        self._until = 0.0
        self.heard = -math.inf
        """When the store last answered anybody."""

    async def problem(self) -> str | None:
        if time.monotonic() < self._until:
            return self._problem
        if self._probing is None or self._patience is None:
            self._probing = asyncio.create_task(self._ask(), context=Context())
            self._patience = asyncio.create_task(self._wait(self._probing), context=Context())
        await asyncio.wait({self._probing, self._patience}, return_when=asyncio.FIRST_COMPLETED)
        if self._probing is None:
            return self._problem
        silent = time.monotonic() - self.heard > self._timeout
        return f"no answer within {self._timeout:g} s" if silent else None

    async def _ask(self) -> None:
        """Never cancelled: cancelling a query waits for the server, which is what may not answer."""
        try:
            await self._probe()
            self._problem = None
        except Exception as error:
            self._problem = type(error).__name__
        self._until = time.monotonic() + self._ttl
        self._probing = None

    async def _wait(self, probing: asyncio.Task[None]) -> None:
        for _ in range(SLICES):
            await asyncio.wait({probing}, timeout=self._timeout / SLICES)
            if probing.done():
                return


class Readiness:
    """The stores of an instance, by name."""

    def __init__(self, probes: dict[str, Probe], *, timeout: float = TIMEOUT, ttl: float = 0.5) -> None:
        """Seconds: `timeout` for an answer, `ttl` for which an answer holds."""
        self._stores = {name: _Store(probe, timeout, ttl) for name, probe in probes.items()}

    def answered(self, name: str) -> None:
        """Say that a store has just answered a query: a probe that waits for a free connection is no outage."""
        self._stores[name].heard = time.monotonic()

    async def problems(self) -> dict[str, str]:
        """Name → what is wrong, of each store that can't be used now; empty = ready."""
        found = await asyncio.gather(*(store.problem() for store in self._stores.values()))
        return {name: problem for name, problem in zip(self._stores, found, strict=True) if problem}
