"""An operation's events as they happen, over server-sent events; the id of each is its sequence number."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable
from functools import partial

from agno_ha.operations.model import Event, Operation
from anyio import sleep
from anyio.to_thread import run_sync
from fastapi import Request
from fastapi.sse import KEEPALIVE_COMMENT, EventSourceResponse, format_sse_event

from agno_ha_portal.portal import portal_of

_LOOK = 0.5
"""Seconds between two looks; a look holds no thread meanwhile, so that many can watch."""

_QUIET = 15.0
"""Seconds without an event after which a comment keeps the connection open."""


def resume_after(request: Request, after: int) -> int:
    """Return the sequence number to go on after: the browser's Last-Event-ID where it has one."""
    last = request.headers.get("last-event-id", "")
    return int(last) if last.isascii() and last.isdigit() and len(last) < 10 else after


def stream(
    request: Request,
    operation: str,
    after: int,
    event: Callable[[Event], str],
    end: Callable[[Operation], str],
) -> EventSourceResponse:
    """Return the events after a sequence number as they happen; at last one named `end`, without an id.

    Args:
        request: it ends when its client goes, or the portal stops.
        operation: its id, which is known to exist.
        after: the sequence number.
        event: writes an event's data.
        end: writes the final operation's data.
    """
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    lines = _lines(request, operation, after, event, end)
    return EventSourceResponse(lines, headers=headers)


async def _lines(
    request: Request,
    operation: str,
    after: int,
    event: Callable[[Event], str],
    end: Callable[[Operation], str],
) -> AsyncIterator[bytes]:
    operations, stopping = portal_of(request).operations, portal_of(request).stopping
    heard = time.monotonic()
    while not stopping.is_set() and not await request.is_disconnected():
        state = await run_sync(operations.get, operation)  # asked first: no event comes after the final state
        found = await run_sync(partial(operations.events, operation, after=after))
        for each in found:
            yield format_sse_event(data_str=event(each), id=str(each.sequence), event=each.body.type)
            after, heard = each.sequence, time.monotonic()
        if state.state.final:
            yield format_sse_event(data_str=end(state), event="end")
            return
        if time.monotonic() - heard > _QUIET:
            heard = time.monotonic()
            yield KEEPALIVE_COMMENT
        await sleep(_LOOK)
