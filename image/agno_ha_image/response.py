"""A response that is held back until it is known whether what it says was stored."""

import json
import logging
from typing import Any

from starlette.types import Message, Send

from agno_ha_image.events import COMPLETED, NOT_STORED, error_body, parse, sse, withhold
from agno_ha_image.ledger import unstored

RETRY_AFTER = 5
"""Seconds that a refused client is asked to wait."""

_ENDS: dict[str, str] = dict.fromkeys(COMPLETED, "completed") | dict.fromkeys(COMPLETED.values(), "error") | {
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


class HeldResponse:
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
        """Take one message of the application: send it, hold it, or drop it."""
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
