"""Who asks: a bearer token, a browser's session, or a proxy that signed them on; and what a route needs."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import Any, cast

from fastapi import Request, Response
from itsdangerous import BadSignature, URLSafeSerializer, URLSafeTimedSerializer

from agno_ha_portal.audit import Audit
from agno_ha_portal.files import signing_key
from agno_ha_portal.refusals import RefusedError
from agno_ha_portal.roles import Principal, Role
from agno_ha_portal.settings import Settings
from agno_ha_portal.tokens import Token, Tokens

SESSION = "agno_ha_session"
NONCE = "agno_ha_form"
"""Cookies: who signed in, and what this browser's form tokens are bound to."""

_PERSON = re.compile(r"[^\x00-\x1f\x7f]{1,128}")


class Access:
    """Recognises requests."""

    def __init__(self, settings: Settings, audit: Audit) -> None:
        self.settings = settings
        self.audit = audit
        self.tokens = Tokens(settings.tokens_file)
        key = signing_key(settings.private)
        self._sessions = URLSafeTimedSerializer(key, salt="session")
        self._forms = URLSafeSerializer(key, salt="form")

    def program(self, request: Request) -> Principal | None:
        """Recognise a request to the API: by its bearer token, or by a proxy."""
        scheme, _, value = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer":
            return self._proxied(request)
        token = self.tokens.find(value.strip())
        if token is None:
            self.audit.write(
                None, "show a token", address=_address(request), outcome="refused", code="unknown_token"
            )
            raise unauthorized("This token is not known, or was removed.")
        return Principal(token.name, token.role, "token", _address(request))

    def person(self, request: Request) -> Principal | None:
        """Recognise a request for a page: by its session, or by a proxy."""
        try:
            digest = self._sessions.loads(
                request.cookies.get(SESSION, ""), max_age=round(self.settings.session_hours * 3600)
            )
        except BadSignature:
            return self._proxied(request)
        token = self.tokens.still(str(digest))
        return Principal(token.name, token.role, "session", _address(request)) if token else None

    def sign_in(self, response: Response, token: Token, *, secure: bool) -> None:
        """Open a session; it ends with its token or after its hours."""
        response.set_cookie(
            SESSION, self._sessions.dumps(token.sha256), max_age=round(self.settings.session_hours * 3600),
            httponly=True, samesite="lax", secure=secure, path="/",
        )  # fmt: skip

    def form_token(self, request: Request, who: Principal | None) -> str:
        """Return what a form of this browser and person must bring back."""
        return str(self._forms.dumps([_nonce(request), who.name if who else ""]))

    def check_form(self, request: Request, who: Principal | None, token: str) -> None:
        """Refuse a form that another site made.

        Raises:
            RefusedError: the token is missing or is not this browser's and person's.
        """
        try:
            bound = self._forms.loads(token)
        except BadSignature:
            bound = None
        if request.cookies.get(NONCE) is None or bound != [_nonce(request), who.name if who else ""]:
            text = "This form is not, or no longer, yours. Go back, reload the page and send it again."
            raise RefusedError(403, "form_token", text)

    def _proxied(self, request: Request) -> Principal | None:
        settings = self.settings
        if not settings.single_sign_on or not settings.trusts(request.scope["peer"]):
            return None
        name = request.headers.get(settings.user_header, "")
        groups = {part.strip() for part in request.headers.get(settings.groups_header, "").split(",")}
        if not _PERSON.fullmatch(name):
            return None
        allowed = {
            Role.APPROVER: settings.approvers,
            Role.OPERATOR: settings.operators,
            Role.VIEWER: settings.viewers,
        }
        role = next((role for role, names in allowed.items() if not groups.isdisjoint(names)), None)
        if role is None:
            raise RefusedError(403, "no_role", f"{name} is in none of the groups that may use this portal.")
        return Principal(name, role, "proxy", _address(request))


def unauthorized(text: str) -> RefusedError:
    """Return the refusal of somebody unknown."""
    return RefusedError(401, "unauthorized", text, headers={"WWW-Authenticate": "Bearer"})


def access_of(request: Request) -> Access:
    """Return the running portal's access."""
    return cast(Access, request.app.state.access)


def program(needed: Role) -> Callable[..., Any]:
    """Return a dependency for API routes that need a role."""
    return _known(needed, Access.program, "Send a token: Authorization: Bearer <token>.")


def person(needed: Role) -> Callable[..., Any]:
    """Return a dependency for pages that need a role."""
    return _known(needed, Access.person, "Sign in first.")


def _known(
    needed: Role, find: Callable[[Access, Request], Principal | None], otherwise: str
) -> Callable[..., Any]:
    def check(request: Request) -> Principal:
        who = find(access_of(request), request)
        if who is None:
            raise unauthorized(otherwise)
        return _allowed(request, who, needed)

    return check


def new_nonce() -> str:
    """Return what binds form tokens to a browser."""
    return secrets.token_urlsafe(16)


def _allowed(request: Request, who: Principal, needed: Role) -> Principal:
    if not who.role.allows(needed):
        route = f"{request.method} {request.url.path}"
        access_of(request).audit.write(who, route, outcome="refused", code="role")
        raise RefusedError(403, "role", f"This needs the role {needed}; {who.name} is {who.role}.")
    return who


def _nonce(request: Request) -> str:
    # A first visit has no cookie yet: the middleware has made one, which the answer sets.
    return str(request.cookies.get(NONCE) or request.scope["nonce"])


def _address(request: Request) -> str:
    return request.client.host if request.client else ""
