"""The outermost layer: request ids, the access log, HTTP metrics, /ready and /metrics. Pure ASGI.

Outside AgentOS and its authorization, so that a probe and a scraper need no key (as /health needs none).
"""

import json
import logging
import re
import time
from pathlib import Path
from uuid import uuid4

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agno_ha_image import metrics
from agno_ha_image.logs import request_id
from agno_ha_image.postgres import Postgres
from agno_ha_image.readiness import Readiness
from agno_ha_image.response import RETRY_AFTER

_ID = re.compile(r"[A-Za-z0-9._:-]{1,128}")
_SILENT = {"/health", "/ready", "/metrics"}
access = logging.getLogger("agno_ha.access")


class Edge:
    """Wraps the application of one process."""

    def __init__(
        self, app: ASGIApp, readiness: Readiness, database: Postgres, draining_file: str | None
    ) -> None:
        self._app = app
        self._readiness = readiness
        self._database = database
        self._draining_file = Path(draining_file) if draining_file else None

    @property
    def draining(self) -> bool:
        """Whether the launcher has been told to stop."""
        return self._draining_file is not None and self._draining_file.exists()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        given = next(
            (value.decode("latin-1") for name, value in scope["headers"] if name == b"x-request-id"), ""
        )
        identifier = given if _ID.fullmatch(given) else uuid4().hex
        token = request_id.set(identifier)
        started = time.perf_counter()
        status = 0

        async def tagged(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                extra = [(b"x-request-id", identifier.encode())]
                if self.draining:  # a proxy that keeps connections lets go of this one
                    extra.append((b"connection", b"close"))
                message = {**message, "headers": [*message.get("headers", ()), *extra]}
            await send(message)

        try:
            if scope["path"] == "/ready":
                await self._ready(tagged)
            # As it was written: a load balancer that hides /metrics does not read %6D as m.
            elif scope["raw_path"] == b"/metrics":
                await self._metrics(tagged)
            else:
                await self._app(scope, receive, tagged)
        finally:
            self._record(scope, status, time.perf_counter() - started)
            request_id.reset(token)

    def _record(self, scope: Scope, status: int, seconds: float) -> None:
        if scope["path"] in _SILENT:
            return
        route = getattr(scope.get("route"), "path", None) or "unmatched"
        metrics.REQUESTS.labels(method=scope["method"], route=route, status=status or "aborted").inc()
        metrics.REQUEST_SECONDS.labels(route=route).observe(seconds)
        client = scope.get("client")
        access.info(
            "%s %s %s", scope["method"], scope["path"], status or "aborted",
            extra={"method": scope["method"], "path": scope["path"], "status": status, "seconds": round(seconds, 4),
                   "client": client[0] if client else None},
        )  # fmt: skip

    async def _ready(self, send: Send) -> None:
        problems = await self._readiness.problems()
        if self.draining:
            problems["instance"] = "draining"
        await _answer(send, 503 if problems else 200, {"ready": not problems, "problems": problems})

    async def _metrics(self, send: Send) -> None:
        metrics.sample_pool(self._database.db_engine)
        metrics.DRAINING.set(self.draining)
        headers = [(b"content-type", metrics.CONTENT_TYPE.encode())]
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        await send({"type": "http.response.body", "body": metrics.exposition()})


async def _answer(send: Send, status: int, content: dict[str, object]) -> None:
    body = json.dumps(content).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", str(len(body)).encode())]
    if status == 503:
        headers.append((b"retry-after", str(RETRY_AFTER).encode()))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
