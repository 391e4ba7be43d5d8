"""Fail closed: with a store down nothing begins, and what was not stored is not acknowledged. Pure ASGI."""

import json
import logging
import re
import time
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agno_ha_image.events import COMPLETED, NOT_STORED, error_body, parse, sse, withhold
from agno_ha_image.ledger import observing, unstored
from agno_ha_image.metrics import RUN_SECONDS, RUNS
from agno_ha_image.readiness import Readiness

RETRY_AFTER = 5
"""Seconds that a refused client is asked to wait."""

_RUN = re.compile(r"^/(agents|teams|workflows)/[^/]+/runs(/[^/]+/continue)?/?$")
_ENDS = dict.fromkeys(COMPLETED, "completed") | dict.fromkeys(COMPLETED.values(), "error") | {
    "RunCancelled": "cancelled", "TeamRunCancelled": "cancelled", "WorkflowCancelled": "cancelled",
    "RunPaused": "paused", "TeamRunPaused": "paused", "StepPaused": "paused", "error": "error",
}  # fmt: skip
log = logging.getLogger("agno_ha.guard")


async def refuse(send: Send, detail: str, **fields: Any) -> None:
    """Answer 503 with Retry-After."""
    body = json.dumps({"detail": detail, **fields}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode()),
               (b"retry-after", str(RETRY_AFTER).encode())]  # fmt: skip
    await send({"type": "http.response.start", "status": 503, "headers": headers})
    await send({"type": "http.response.body", "body": body})


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
            await refuse(
                send, f"Not ready: {', '.join(sorted(problems))}. Nothing was done; retry.", stores=problems
            )
            return
        started = time.perf_counter()
        with observing() as seen:
            response = _Response(send, seen, is_run=is_run)
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
                error = {"event": "error", "error": f"Not ready: {', '.join(sorted(problems))}. Nothing was done; retry.",
                         "error_type": "store_unavailable", "retry_after": RETRY_AFTER}  # fmt: skip
                await send({"type": "websocket.send", "text": json.dumps(error)})

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


def _starts_run(text: str | None) -> bool:
    if not text or "-workflow" not in text:
        return False
    try:
        message = json.loads(text)
    except ValueError:
        return False
    return isinstance(message, dict) and message.get("action") in {"start-workflow", "continue-workflow"}


class _Response:
    """Holds a response back until its verdict is known."""

    def __init__(self, send: Send, seen: list[str], *, is_run: bool) -> None:
        self._send = send
        self._seen = seen
        self._is_run = is_run
        self._start: Message | None = None
        self._body = b""
        self._mode = "held"  # held → passing | streaming | refused
        self._last = ""
        self.outcome = "interrupted"

    async def __call__(self, message: Message) -> None:
        if self._mode == "refused":
            return
        if message["type"] == "http.response.start":
            self._start = message
            if _content_type(message).startswith("text/event-stream"):
                self._mode = "streaming"
                await self._send(message)
        elif self._mode == "streaming" and message["type"] == "http.response.body":
            await self._send(self._streamed(message))
        elif self._mode == "held" and self._is_run and message["type"] == "http.response.body":
            self._body += message.get("body", b"")
            if not message.get("more_body"):
                await self._verdict()
        elif self._mode == "held":
            if self._seen and message["type"] == "http.response.body":
                await self._refuse("A store did not answer")
            else:
                await self._release(message)
        else:
            await self._send(message)

    async def failed(self) -> bool:
        """Answer 503 after an exception, where a store was its cause and nothing was sent; whether it was."""
        if self._mode == "held" and self._seen:
            await self._refuse("A store did not answer")
        return self._mode == "refused"

    async def _verdict(self) -> None:
        status = self._start["status"] if self._start else 500
        answer = _json(self._body)
        run_status = str(answer.get("status") or "").upper()
        if unstored.holds(answer.get("run_id"), answer.get("session_id")):
            self.outcome = "unstored"
            await self._refuse(NOT_STORED)
        elif self._seen and (status >= 400 or run_status == "ERROR"):
            await self._refuse("A store did not answer")
        else:
            ends = {"PENDING": "accepted", "RUNNING": "accepted"}
            self.outcome = (
                ends.get(run_status, run_status.lower()) if status < 400 and run_status else "rejected"
            )
            await self._release({"type": "http.response.body", "body": self._body})

    async def _refuse(self, detail: str) -> None:
        self._mode = "refused"
        if self.outcome != "unstored":
            self.outcome = "failed"
        log.warning("answered 503", extra={"detail": detail, "stores": self._seen})
        await refuse(self._send, detail if detail == NOT_STORED else f"{detail}; retry.")

    async def _release(self, message: Message) -> None:
        self._mode = "passing"
        if self._start is not None:
            await self._send(self._start)
        await self._send(message)

    def _streamed(self, message: Message) -> Message:
        chunk = message.get("body", b"").decode("utf-8", "surrogateescape")
        if chunk.startswith("event: "):
            self._last = chunk
            name = chunk[7 : chunk.find("\n")]
            self.outcome = _ENDS.get(name, self.outcome)
            if name in COMPLETED and (error := withhold(chunk)):
                self.outcome = "unstored"
                return {**message, "body": error.encode()}
        if not message.get("more_body") and self.outcome == "interrupted" and self._last:
            name, data = parse(self._last)  # a stream without its events ends with a piece of content
            if unstored.holds(data.get("run_id"), data.get("session_id")):
                self.outcome = "unstored"
                return {
                    **message,
                    "body": (chunk + sse(error_body("RunError", data))).encode("utf-8", "surrogateescape"),
                }
        return message


def _content_type(start: Message) -> str:
    return next(
        (
            value.decode("latin-1")
            for name, value in start.get("headers", ())
            if name.lower() == b"content-type"
        ),
        "",
    )


def _json(body: bytes) -> dict[str, Any]:
    try:
        answer = json.loads(body)
    except ValueError:
        return {}
    return answer if isinstance(answer, dict) else {}
