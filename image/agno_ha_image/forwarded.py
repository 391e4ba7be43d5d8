"""Who the client is where a proxy stands in front: what the proxy says of it, not what it says of itself. Pure ASGI."""

from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

_FOR = b"x-forwarded-for"


def forwarded(app: ASGIApp, proxies: str) -> ASGIApp:
    """Set a connection's client and scheme from `X-Forwarded-*` of these proxies.

    Args:
        app: what is served.
        proxies: addresses and networks: the client is the last address that is none of theirs. Or `*`: whoever
            connects is a proxy, and the client is the last address. uvicorn would take the first one, which is the
            client's own word, as a proxy appends to what it is sent.
    """
    believing: ASGIApp = ProxyHeadersMiddleware(app, proxies)  # type: ignore[arg-type,assignment]

    async def the_last_alone(scope: Scope, receive: Receive, send: Send) -> None:
        given = [value for name, value in scope.get("headers", ()) if name == _FOR]
        if given:
            others = [(name, value) for name, value in scope["headers"] if name != _FOR]
            scope = {**scope, "headers": [*others, (_FOR, given[-1].rpartition(b",")[2].strip())]}
        await believing(scope, receive, send)

    return the_last_alone if proxies == "*" else believing
