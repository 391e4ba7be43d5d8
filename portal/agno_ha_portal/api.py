"""The JSON API under /api/v1: for Backstage, Port and scripts, with a bearer token."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

from agno_ha.operations.model import Event, Kind, Operation
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from agno_ha_portal import configuration, live
from agno_ha_portal.access import program
from agno_ha_portal.audit import Entry
from agno_ha_portal.configuration import REMOVE, SECTIONS, Configuration
from agno_ha_portal.overview import StackSummary
from agno_ha_portal.portal import Portal, portal_of
from agno_ha_portal.refusals import ProblemDetails, RefusedError, Wrong
from agno_ha_portal.roles import Principal, Role

PROBLEM = {"model": ProblemDetails, "content": {"application/problem+json": {}}}

router = APIRouter(
    prefix="/api/v1",
    responses={code: {**PROBLEM, "description": text} for code, text in {
        400: "The body can't be read", 401: "No token, or an unknown one",
        403: "The role is too low", 404: "No such stack or operation",
        409: "Refused now; `code` says why", 413: "The body is too large",
        422: "Something in the request is wrong", 503: "Not available",
    }.items()},
)  # fmt: skip

Here = Annotated[Portal, Depends(portal_of)]
Viewer = Annotated[Principal, Depends(program(Role.VIEWER))]
Operator = Annotated[Principal, Depends(program(Role.OPERATOR))]
Approver = Annotated[Principal, Depends(program(Role.APPROVER))]


class Begin(BaseModel):
    """What is asked of a stack."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    of: str | None = Field(default=None, max_length=100)
    """An up: the approved preview's id."""
    confirm: str | None = Field(default=None, max_length=100)
    """A down or destroy: the stack's name."""


class Page(BaseModel):
    """Operations, newest first."""

    items: Sequence[Operation]
    next: str | None
    """`before` of the next page; null on the last."""


@router.get("/stacks", summary="All stacks at a glance")
def stacks(portal: Here, who: Viewer) -> list[StackSummary]:
    """Return every stack of the project."""
    del who
    return portal.summaries()


@router.get("/stacks/{stack}", summary="A stack at a glance")
def stack(stack: str, portal: Here, who: Viewer) -> StackSummary:
    """Return one stack."""
    del who
    return portal.overview.summary(portal.actions.known(stack))


@router.get("/stacks/{stack}/outputs", summary="Outputs of the last up; secret ones are `[secret]`")
def outputs(stack: str, portal: Here, who: Viewer) -> dict[str, Any]:
    """Return a stack's outputs; empty while nothing is deployed."""
    del who
    return dict(portal.overview.outputs(portal.actions.known(stack)))


@router.get("/stacks/{stack}/configuration", summary="What the stack's own file says")
def read_configuration(stack: str, portal: Here, who: Operator, response: Response) -> Configuration:
    """Return a stack's configuration, encrypted values left out; the ETag is its version."""
    del who
    found = configuration.read(portal.settings.root, portal.actions.known(stack))
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.patch("/stacks/{stack}/configuration", summary="Change the stack's own file (a JSON merge patch)")
def change_configuration(
    stack: str,
    patch: dict[str, Any],
    portal: Here,
    who: Operator,
    response: Response,
    if_match: Annotated[str, Header(description="The ETag of the version that is changed", max_length=80)],
) -> Configuration:
    """Change settings, all or none; `null` takes one out, so that topology.yaml or the default holds."""
    changes = dict(_flat(patch))
    if unknown := sorted({path.split(".")[0] for path in changes} - set(SECTIONS)):
        errors = [
            Wrong(path=f"body.{name}", message=f"Unknown; there is: {', '.join(SECTIONS)}.")
            for name in unknown
        ]
        raise RefusedError(422, "invalid", "The request is not as documented.", errors=errors)
    found = portal.actions.configure(who, portal.actions.known(stack), changes, if_match.strip('"'))
    response.headers["ETag"] = f'"{found.version}"'
    return found


@router.get(
    "/stacks/{stack}/diagram.svg", summary="The stack's topology as a picture", response_class=Response
)
def diagram(stack: str, portal: Here, who: Viewer) -> Response:
    """Return the picture."""
    del who
    return Response(portal.diagram(portal.actions.known(stack)), media_type="image/svg+xml")


@router.post("/stacks/{stack}/operations", status_code=202, summary="Begin an operation")
def begin(
    stack: str,
    asked: Begin,
    portal: Here,
    who: Operator,
    response: Response,
    idempotency_key: Annotated[
        str | None,
        Header(description="The same key again returns the same operation", min_length=1, max_length=200),
    ] = None,
) -> Operation:
    """Begin an operation and return at once; Location is where it can be followed."""
    made = portal.actions.start(
        who, portal.actions.known(stack), asked.kind, of=asked.of, confirm=asked.confirm, key=idempotency_key
    )
    response.headers["Location"] = f"/api/v1/operations/{made.id}"
    return made


@router.get("/operations", summary="Operations, newest first")
def history(
    portal: Here,
    who: Viewer,
    stack: str | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    before: Annotated[str | None, Query(description="`next` of the page before", max_length=100)] = None,
) -> Page:
    """Return a page of operations."""
    del who
    if stack is not None:
        portal.actions.known(stack)
    if before is not None:
        portal.operations.get(before)
    items = portal.operations.history(stack, limit=limit, before=before)
    return Page(items=items, next=items[-1].id if len(items) == limit else None)


@router.get("/operations/{operation}", summary="An operation as it stands")
def read(operation: str, portal: Here, who: Viewer) -> Operation:
    """Return one operation."""
    del who
    return portal.operations.get(operation)


@router.get(
    "/operations/{operation}/events",
    response_model=list[Event],
    summary="What happened: JSON, or as it happens where text/event-stream is accepted",
    responses={200: {"content": {"text/event-stream": {"schema": {"type": "string"}}}}},
)
def events(
    operation: str,
    request: Request,
    portal: Here,
    who: Viewer,
    after: Annotated[int, Query(ge=0, le=10**9)] = 0,
    last_event_id: Annotated[str | None, Header(description="Goes on after this event")] = None,
) -> Any:
    """Return the events after a sequence number; a stream ends with an event named `end`, the final operation."""
    del who, last_event_id
    portal.operations.get(operation)
    after = live.resume_after(request, after)
    if "text/event-stream" not in request.headers.get("accept", ""):
        return portal.operations.events(operation, after=after)
    return live.stream(request, operation, after, Event.model_dump_json, Operation.model_dump_json)


@router.post("/operations/{operation}/approve", summary="Approve a preview")
def approve(operation: str, portal: Here, who: Approver) -> Operation:
    """Approve a preview that succeeded without mandatory findings."""
    return portal.actions.approve(who, operation)


@router.post("/operations/{operation}/cancel", status_code=202, summary="Ask a running operation to end")
def cancel(operation: str, portal: Here, who: Operator) -> Operation:
    """Ask a running operation to end; what it had begun is finished or pending."""
    return portal.actions.cancel(who, operation)


@router.get("/audit", summary="The audit log's newest entries")
def audit(portal: Here, who: Approver, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[Entry]:
    """Return the newest changes and refusals, newest first."""
    del who
    return portal.audit.last(limit)


@router.get("/openapi.json", include_in_schema=False)
def document(request: Request, who: Viewer) -> JSONResponse:
    """Return this API's OpenAPI document."""
    del who
    return JSONResponse(request.app.openapi())


def _flat(patch: dict[str, Any], above: str = "") -> list[tuple[str, Any]]:
    """Return a merge patch as (path, value); a key with a dot belongs to no setting and is told by the validator."""
    found: list[tuple[str, Any]] = []
    for key, value in patch.items():
        path = f"{above}{key}"
        if isinstance(value, dict) and value:
            found += _flat(value, f"{path}.")
        else:
            found.append((path, REMOVE if value is None else value))
    return found
