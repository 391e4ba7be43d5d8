"""What every answer carries, and what every request must have: headers, a nonce, and this site as its origin."""

from __future__ import annotations

from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import cookie_parser
from starlette.responses import JSONResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from agno_ha_portal.access import NONCE, new_nonce
from agno_ha_portal.refusals import RefusedError

HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}
_TRANSPORT = "max-age=31536000"
_SAFE = ("GET", "HEAD", "OPTIONS")
LARGEST = 1_000_000
"""Bytes of a request's body; a configuration form has some ten thousand."""


class Peer:
    """Outermost: keeps who really sent the request, before a proxy's headers are believed."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Keep it."""
        if scope["type"] == "http":
            scope["peer"] = scope["client"][0] if scope.get("client") else ""
        await self._app(scope, receive, send)


class Security:
    """Adds the headers, refuses other sites' writes and endless bodies, and gives each browser its nonce."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, or pass the request on."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        secure = scope["scheme"] == "https"
        known = NONCE in cookie_parser(headers.get("cookie", ""))
        scope["nonce"] = new_nonce()
        page = not scope["path"].startswith(("/api/", "/static/", "/health"))

        async def answer(message: Message) -> None:
            if message["type"] == "http.response.start":
                answered = MutableHeaders(scope=message)
                for name, value in HEADERS.items():
                    answered.setdefault(name, value)
                if secure:
                    answered["Strict-Transport-Security"] = _TRANSPORT
                if page and not known:
                    flags = "; Secure" if secure else ""
                    cookie = f"{NONCE}={scope['nonce']}; Path=/; HttpOnly; SameSite=Strict{flags}"
                    answered.append("Set-Cookie", cookie)
            await send(message)

        if refused := _refused(scope["method"], headers):
            content, media = refused.details(), "application/problem+json"
            await JSONResponse(content, refused.status, media_type=media)(scope, receive, answer)
            return
        await self._app(scope, receive, answer)


def _refused(method: str, headers: Headers) -> RefusedError | None:
    if method in _SAFE:
        return None
    origin = headers.get("origin")
    elsewhere = origin is not None and urlsplit(origin).netloc != headers.get("host", "")
    if elsewhere or headers.get("sec-fetch-site", "same-origin") not in ("same-origin", "none"):
        return RefusedError(403, "origin", "This request comes from another site.")
    length = headers.get("content-length", "0")
    if (
        "transfer-encoding" in headers
        or not length.isascii()
        or not length.isdigit()
        or int(length) > LARGEST
    ):
        return RefusedError(413, "too_large", f"Send a Content-Length of at most {LARGEST} bytes.")
    return None
