"""Signing in and out with a token."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Form, Request, Response
from fastapi.responses import RedirectResponse
from limits import parse
from limits.storage import MemoryStorage
from limits.strategies import MovingWindowRateLimiter

from agno_ha_portal.access import SESSION
from agno_ha_portal.portal import Portal, portal_of
from agno_ha_portal.refusals import RefusedError
from agno_ha_portal.roles import Principal
from agno_ha_portal.templates import page

router = APIRouter(include_in_schema=False)
Here = Annotated[Portal, Depends(portal_of)]

_LIMIT = parse("5 per minute")
_FAILED = MovingWindowRateLimiter(MemoryStorage())
"""Failed attempts by address."""


def back_to(path: str) -> str:
    """Return the query that leads back to a page after signing in."""
    return urlencode({"back": path})


@router.get("/sign-in")
def form(request: Request, back: str = "/") -> Response:
    """Show the form."""
    return page(request, "sign_in.html", who=None, back=back, wrong="")


@router.post("/sign-in")
def sign_in(
    request: Request,
    portal: Here,
    token: Annotated[str, Form(max_length=200)] = "",
    back: Annotated[str, Form(max_length=500)] = "/",
    form_token: Annotated[str, Form(max_length=500)] = "",
) -> Response:
    """Open a session for a known token; five wrong ones a minute from an address, then it waits."""
    portal.access.check_form(request, None, form_token)
    address = request.client.host if request.client else ""
    if not _FAILED.test(_LIMIT, address):
        portal.audit.write(None, "sign in", address=address, outcome="refused", code="too_many")
        text = "Too many wrong tokens from your address. Wait a minute."
        raise RefusedError(429, "too_many", text, headers={"Retry-After": "60"})
    found = portal.access.tokens.find(token.strip())
    if found is None:
        _FAILED.hit(_LIMIT, address)
        portal.audit.write(None, "sign in", address=address, outcome="refused", code="unknown_token")
        refused = page(
            request, "sign_in.html", who=None, back=back, wrong="This token is not known, or was removed."
        )
        refused.status_code = 401
        return refused
    response = RedirectResponse(_local(back), 303)
    portal.access.sign_in(response, found, secure=request.url.scheme == "https")
    who = Principal(found.name, found.role, "session", address)
    portal.audit.write(who, "sign in", outcome="done")
    return response


@router.post("/sign-out")
def sign_out(
    request: Request, portal: Here, form_token: Annotated[str, Form(max_length=500)] = ""
) -> Response:
    """End the session."""
    portal.access.check_form(request, portal.access.person(request), form_token)
    response = RedirectResponse("/sign-in", 303)
    response.delete_cookie(SESSION, path="/")
    return response


def _local(path: str) -> str:
    """Return a path of this site, whatever the form said."""
    safe = path.startswith("/") and not path.startswith(("//", "/\\")) and path.isprintable()
    return path if safe else "/"
