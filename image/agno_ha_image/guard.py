"""Fail closed: with a store down nothing begins, and what was not stored is not acknowledged. Pure ASGI."""

import json
import logging
import re
import time

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agno_ha_image.events import COMPLETED, withhold
from agno_ha_image.ledger import observing
from agno_ha_image.metrics import RUN_SECONDS, RUNS
from agno_ha_image.readiness import Readiness
from agno_ha_image.response import RETRY_AFTER, HeldResponse, refuse

_RUN = re.compile(r"^/(agents|teams|workflows)/[^/]+/runs(/[^/]+/continue)?/?$")
log = logging.getLogger("agno_ha.guard")


class FailClosed:
    """Stands between the server and AgentOS.

    - A request that changes something is refused with 503 while a store doesn't answer.
    - A response is held until it is known that what it says was stored; else 503, or an error event in a stream.
    - A read during which a store failed is 503: agno would answer with an empty list.
    """

    def __init__(self, app: ASGIApp, readiness: Readiness) -> None:
        self._app = app
        self._readiness = readiness

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] == "websocket":
            await self._websocket(scope, receive, send)
        elif scope["type"] == "http":
            await self._http(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    async def _http(self, scope: Scope, receive: Receive, send: Send) -> None:
        is_run = scope["method"] == "POST" and _RUN.match(scope["path"]) is not None
        if scope["method"] not in {"GET", "HEAD", "OPTIONS"} and (
            problems := await self._readiness.problems()
        ):
            if is_run:
                RUNS.labels(outcome="refused").inc()
            await refuse(send, _not_ready(problems), stores=problems)
            return
        started = time.perf_counter()
        with observing() as seen:
            response = HeldResponse(send, seen, is_run=is_run)
            try:
                await self._app(scope, receive, response)
            except Exception:
                if not await response.failed():
                    raise
                log.warning("request failed on a store", extra={"stores": seen}, exc_info=True)
        if is_run:
            RUNS.labels(outcome=response.outcome).inc()
            RUN_SECONDS.observe(time.perf_counter() - started)

    async def _websocket(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def guarded_receive() -> Message:
            while True:
                message = await receive()
                if not _starts_run(message.get("text")):
                    return message
                problems = await self._readiness.problems()
                if not problems:
                    return message
                RUNS.labels(outcome="refused").inc()
                error = {"event": "error", "error": _not_ready(problems), "error_type": "store_unavailable"}
                text = json.dumps(error | {"retry_after": RETRY_AFTER})
                await send({"type": "websocket.send", "text": text})

        async def guarded_send(message: Message) -> None:
            text = message.get("text")
            if (
                message["type"] == "websocket.send"
                and text
                and any(f'"{name}"' in text for name in COMPLETED)
            ):
                message = {**message, "text": withhold(text) or text}
            await send(message)

        await self._app(scope, guarded_receive, guarded_send)


def _not_ready(problems: dict[str, str]) -> str:
    return f"Not ready: {', '.join(sorted(problems))}. Nothing was done; retry."


def _starts_run(text: str | None) -> bool:
    if not text or "-workflow" not in text:
        return False
    try:
        message = json.loads(text)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("action") in {"start-workflow", "continue-workflow"}
