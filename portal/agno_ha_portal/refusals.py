"""Refusals: one exception, told as problem+json (RFC 9457) to programs and as a page to people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from agno_ha.configuration import ConfigurationError, Problem
from agno_ha.operations.model import OperationRefusedError
from pydantic import BaseModel

STATUS: Mapping[str, int] = {
    "unknown_stack": 404, "unknown_operation": 404, "confirmation": 422, "not_a_preview": 422, "key_reused": 422,
    "busy": 409, "not_approved": 409, "not_succeeded": 409, "changed": 409, "used": 409, "has_violations": 409,
}  # fmt: skip
"""Code of a refused operation → HTTP status."""


class Wrong(BaseModel):
    """One value of a request or of a configuration that is wrong."""

    path: str
    """Such as `topology.scaling.max`, or `body.kind`."""
    message: str


class ProblemDetails(BaseModel):
    """The body of every error, `application/problem+json`."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    code: str
    """Stable, for programs."""
    errors: tuple[Wrong, ...] = ()


class RefusedError(Exception):
    """What was asked is not done; nothing was changed."""

    def __init__(
        self,
        status: int,
        code: str,
        text: str,
        *,
        errors: Sequence[Wrong] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(text)
        self.status = status
        self.code = code
        self.errors = tuple(errors)
        self.headers = dict(headers or {})

    def details(self) -> dict[str, Any]:
        """Return the problem as JSON."""
        title = HTTPStatus(self.status).phrase
        return ProblemDetails(
            title=title, status=self.status, detail=str(self), code=self.code, errors=self.errors
        ).model_dump()


def told(error: Exception) -> RefusedError:
    """Return what the operations or the validator refused, as a refusal with its status."""
    if isinstance(error, OperationRefusedError):
        return RefusedError(STATUS.get(error.code, 409), error.code, str(error))
    if isinstance(error, ConfigurationError):
        errors = [Wrong(path=problem.path, message=said(problem)) for problem in error.problems]
        return RefusedError(422, "configuration", str(error), errors=errors)
    return RefusedError(503, "unavailable", str(error))


def said(problem: Problem) -> str:
    """Return a problem's words without its path, for a place beside the field."""
    message = problem.message[:1].upper() + problem.message[1:]
    return f"{message}. {problem.fix}{'' if problem.fix.endswith('?') else '.'}"
