"""Pages from templates; everything in them is escaped."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from agno_ha.operations.model import Held, Kind, State
from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape

from agno_ha_portal.access import access_of
from agno_ha_portal.refusals import RefusedError
from agno_ha_portal.roles import Principal, Role

_SIGN = {
    State.RUNNING: "…", State.SUCCEEDED: "✓", State.FAILED: "✕", State.CANCELLED: "-", State.INTERRUPTED: "!",
}  # fmt: skip

_TEMPLATES = Environment(
    loader=FileSystemLoader(Path(__file__).parent / "templates"), autoescape=True, undefined=StrictUndefined,
    trim_blocks=True, lstrip_blocks=True,
)  # fmt: skip


def page(request: Request, name: str, **values: Any) -> HTMLResponse:
    """Return a page; it knows who asks, and the token that its forms bring back."""
    who = values.pop("who") if "who" in values else _who(request)
    access = access_of(request)
    return HTMLResponse(
        _TEMPLATES.get_template(name).render(
            who=who, form_token=access.form_token(request, who), path=request.url.path, **values
        )
    )  # fmt: skip


def fragment(name: str, macro: str, *values: Any) -> str:
    """Return what one macro of a template makes, on one line less the spaces around it."""
    module = _TEMPLATES.get_template(name).module
    return str(getattr(module, macro)(*values)).strip()


def _who(request: Request) -> Principal | None:
    try:
        return access_of(request).person(request)
    except RefusedError:
        return None  # the page that says so is this one


def _ago(time: datetime) -> str:
    seconds = round((datetime.now(UTC) - time).total_seconds())
    for size, unit in ((86400, "d"), (3600, "h"), (60, "min")):
        if seconds >= size:
            return f"{seconds // size} {unit} ago"
    return "just now"


def _took(begun: datetime, ended: datetime) -> str:
    seconds = round((ended - begun).total_seconds())
    return f"{seconds // 60} min {seconds % 60} s" if seconds >= 60 else f"{seconds} s"


def _prose(text: str) -> Markup:
    """Return a text whose parts between backticks are code."""
    return Markup(re.sub("`([^`]+)`", r"<code>\1</code>", escape(text)))  # noqa: S704 - escaped before


_TEMPLATES.filters |= {"ago": _ago, "prose": _prose}
_TEMPLATES.globals |= {"took": _took, "sign": _SIGN, "Role": Role, "Kind": Kind, "Held": Held, "State": State}
