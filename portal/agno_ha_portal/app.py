"""The app: routes, what surrounds them, and how what goes wrong is told."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from agno_ha.configuration import ConfigurationError
from agno_ha.operations import status
from agno_ha.operations.errors import OperationError
from agno_ha.operations.model import OperationRefusedError, OperationsApi
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from fastapi.staticfiles import StaticFiles
from starlette.exceptions import HTTPException
from uvicorn.middleware.proxy_headers import ProxyHeadersMiddleware

from agno_ha_portal import api, pages, signing
from agno_ha_portal.access import program
from agno_ha_portal.looks import Look
from agno_ha_portal.portal import Portal
from agno_ha_portal.refusals import RefusedError, Wrong, told
from agno_ha_portal.roles import Role
from agno_ha_portal.security import Peer, Security
from agno_ha_portal.settings import Settings
from agno_ha_portal.templates import page

_LOG = logging.getLogger("agno_ha_portal")
_STATIC = Path(__file__).parent / "static"


def create(settings: Settings, operations: OperationsApi, look: Look = status.of) -> FastAPI:
    """Return the portal over a project's operations.

    Args:
        settings: what it is told.
        operations: what it drives.
        look: asks a stack's platform how it is.
    """
    app = FastAPI(
        title="agno-ha portal", version="1", docs_url=None, redoc_url=None, openapi_url=None,
        description="Operations on the stacks of an agno-ha project. Errors are problem+json with a stable `code`.",
    )  # fmt: skip
    app.state.portal = Portal(settings, operations, look)
    app.state.access = app.state.portal.access
    app.include_router(api.router)
    app.include_router(signing.router)
    app.include_router(pages.router)
    app.add_api_route("/health", _health, include_in_schema=False)
    app.mount("/static", StaticFiles(directory=_STATIC))
    for kind in (RefusedError, OperationRefusedError, OperationError, ConfigurationError):
        app.add_exception_handler(kind, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(Exception, _broken)
    # The last one added is the outermost.
    app.add_middleware(Security)
    app.add_middleware(ProxyHeadersMiddleware, trusted_hosts=list(settings.proxies))
    app.add_middleware(Peer)
    _secured(app)
    return app


def _health() -> PlainTextResponse:
    """Say that the portal runs; tells nothing else."""
    return PlainTextResponse("ok\n")


def _refused(request: Request, error: Exception) -> Response:
    refused = error if isinstance(error, RefusedError) else told(error)
    if request.url.path.startswith("/api/"):
        if refused.status in (400, 422):  # a body that can't be read is told before it is asked who sent it
            try:
                program(Role.VIEWER)(request)
            except RefusedError as unknown:
                refused = unknown
        return JSONResponse(
            refused.details(), refused.status, refused.headers, media_type="application/problem+json"
        )
    if refused.status == 401:
        if request.method != "GET" or "text/event-stream" in request.headers.get("accept", ""):
            return PlainTextResponse("Sign in first.\n", 401)
        return RedirectResponse(f"/sign-in?{signing.back_to(request.url.path)}", 303)
    response = page(request, "refused.html", refused=refused)
    response.status_code = refused.status
    response.headers.update(refused.headers)
    return response


def _invalid(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101 (it is registered for it)
    # Without the input, which may be a secret in the wrong place.
    errors = [Wrong(path=".".join(map(str, each["loc"])), message=each["msg"]) for each in error.errors()]
    text = "The request is not as documented."
    return _refused(request, RefusedError(422, "invalid", text, errors=errors))


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101 (it is registered for it)
    code = {404: "not_found", 405: "method_not_allowed"}.get(error.status_code, "refused")
    text = "There is nothing at this address." if code == "not_found" else error.detail
    return _refused(request, RefusedError(error.status_code, code, text, headers=error.headers))


def _broken(request: Request, error: Exception) -> Response:
    _LOG.error("%s %s failed", request.method, request.url.path, exc_info=error)
    return _refused(request, RefusedError(500, "internal", "The portal failed; its log says why."))


def _secured(app: FastAPI) -> None:
    """Say in the OpenAPI document that every operation needs a token, and how errors look."""
    made = app.openapi

    def document() -> dict[str, Any]:
        schema = made()
        schema.setdefault("components", {})["securitySchemes"] = {
            "token": {"type": "http", "scheme": "bearer"}
        }
        schema["security"] = [{"token": []}]
        return schema

    app.openapi = document  # type: ignore[method-assign]
