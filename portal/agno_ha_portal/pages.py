"""The pages: the same operations as the API's, for people."""

from __future__ import annotations

import uuid
from typing import Annotated, Any

from agno_ha.operations.model import Event, Finding, Kind, Operation, Outputs, State
from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Form, Query, Request, Response
from fastapi.responses import RedirectResponse

from agno_ha_portal import configuration, form, live
from agno_ha_portal.access import access_of, person
from agno_ha_portal.overview import steps
from agno_ha_portal.portal import Portal, portal_of
from agno_ha_portal.refusals import RefusedError
from agno_ha_portal.roles import Principal, Role
from agno_ha_portal.templates import fragment, page

router = APIRouter(include_in_schema=False)

Here = Annotated[Portal, Depends(portal_of)]
Viewer = Annotated[Principal, Depends(person(Role.VIEWER))]
Text = Annotated[str, Form(max_length=500)]

_LENGTH = 20  # operations on a page of the history


def _form_of(needed: Role) -> Any:
    """Return a dependency for posted forms: the role, and a form that this portal gave to this person."""

    known = Depends(person(needed))

    def check(request: Request, who: Principal = known, form_token: Text = "") -> Principal:
        access_of(request).check_form(request, who, form_token)
        return who

    return Depends(check)


OperatorForm = Annotated[Principal, _form_of(Role.OPERATOR)]
ApproverForm = Annotated[Principal, _form_of(Role.APPROVER)]


@router.get("/")
def stacks(request: Request, portal: Here, who: Viewer) -> Response:
    """Show all stacks."""
    return page(request, "stacks.html", who=who, stacks=portal.summaries())


@router.get("/stacks/{stack}")
def stack(
    stack: str,
    request: Request,
    portal: Here,
    who: Viewer,
    before: Annotated[str | None, Query(max_length=100)] = None,
) -> Response:
    """Show one stack."""
    portal.actions.known(stack)
    if before is not None:
        portal.operations.get(before)
    history = portal.operations.history(stack, limit=_LENGTH, before=before)
    return page(
        request, "stack.html", who=who, stack=portal.overview.summary(stack), outputs=portal.overview.outputs(stack),
        drift=portal.overview.drift(stack), history=history, older=len(history) == _LENGTH, key=_key,
        four_eyes=portal.settings.four_eyes,
    )  # fmt: skip


@router.get("/stacks/{stack}/diagram.svg")
def diagram(stack: str, portal: Here, who: Viewer) -> Response:
    """Return the stack's diagram."""
    del who
    svg = portal.diagram(portal.actions.known(stack))
    policy = "default-src 'none'; style-src 'unsafe-inline'"  # its own style, and nothing else
    return Response(svg, media_type="image/svg+xml", headers={"Content-Security-Policy": policy})


@router.post("/stacks/{stack}/operations")
def begin(
    stack: str,
    portal: Here,
    who: OperatorForm,
    kind: Annotated[Kind, Form()],
    of: Text = "",
    confirm: Text = "",
    key: Text = "",
) -> Response:
    """Begin an operation and show it."""
    made = portal.actions.start(
        who,
        portal.actions.known(stack),
        kind,
        of=of or None,
        confirm=confirm.strip() or None,
        key=key or None,
    )
    return RedirectResponse(f"/operations/{made.id}", 303)


@router.get("/operations/{operation}")
def operation(operation: str, request: Request, portal: Here, who: Viewer) -> Response:
    """Show an operation, live while it runs."""
    found = portal.operations.get(operation)  # asked first: all events of a final state are then there
    events = portal.operations.events(operation)
    bodies = [event.body for event in events]
    findings = [body for body in bodies if isinstance(body, Finding)]
    changed = steps(events)
    up = _carrying_out(portal, found)
    return page(
        request, "operation.html", who=who, operation=found, events=events, findings=findings, steps=changed, up=up,
        mandatory=any(finding.level == "mandatory" for finding in findings), key=_key,
        outputs=next((body.values for body in reversed(bodies) if isinstance(body, Outputs)), {}),
        own=portal.settings.four_eyes and found.requester == who.name,
    )  # fmt: skip


@router.get("/operations/{operation}/live")
def follow(
    operation: str,
    request: Request,
    portal: Here,
    who: Viewer,
    after: Annotated[int, Query(ge=0, le=10**9)] = 0,
) -> Response:
    """Stream an operation's events as lines of its log."""
    del who
    portal.operations.get(operation)

    def line(event: Event) -> str:
        return fragment("event.html", "line", event)

    def end(final: Operation) -> str:
        return f"The {final.kind} {final.state}."

    return live.stream(request, operation, live.resume_after(request, after), line, end)


@router.post("/operations/{operation}/approve")
def approve(operation: str, portal: Here, who: ApproverForm) -> Response:
    """Approve a preview."""
    portal.actions.approve(who, operation)
    return RedirectResponse(f"/operations/{operation}", 303)


@router.post("/operations/{operation}/cancel")
def cancel(operation: str, portal: Here, who: OperatorForm) -> Response:
    """Ask an operation to end."""
    portal.actions.cancel(who, operation)
    return RedirectResponse(f"/operations/{operation}", 303)


@router.get("/stacks/{stack}/configuration")
def show_configuration(
    stack: str,
    request: Request,
    portal: Here,
    who: Annotated[Principal, Depends(person(Role.OPERATOR))],
    saved: bool = False,
) -> Response:
    """Show a stack's configuration as a form."""
    found = configuration.read(portal.settings.root, portal.actions.known(stack))
    made = form.build(portal.settings.root, found)
    return page(
        request,
        "configuration.html",
        who=who,
        stack=stack,
        form=made,
        version=found.version,
        lost=[],
        saved=saved,
    )


@router.post("/stacks/{stack}/configuration")
async def posted_configuration(stack: str, request: Request, portal: Here, who: OperatorForm) -> Response:
    """Change a stack's configuration, or show what is wrong with it."""
    posted = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
    return await run_sync(_change, stack, request, portal, who, posted)


def _change(stack: str, request: Request, portal: Portal, who: Principal, posted: dict[str, str]) -> Response:
    root, version = portal.settings.root, posted.get("version", "")
    made = form.build(root, configuration.read(root, portal.actions.known(stack)))
    changed = form.changes(made, posted)
    try:
        if changed:
            portal.actions.configure(who, stack, changed, version)
    except RefusedError as refused:
        lost = form.place(made, refused.errors) if refused.errors else [str(refused)]
        values = {"stack": stack, "form": made, "version": version, "lost": lost, "saved": False}
        response = page(request, "configuration.html", who=who, **values)
        response.status_code = refused.status
        return response
    return RedirectResponse(f"/stacks/{stack}/configuration?saved=true", 303)


@router.get("/audit")
def audit(
    request: Request, portal: Here, who: Annotated[Principal, Depends(person(Role.APPROVER))]
) -> Response:
    """Show the audit log's end."""
    return page(request, "audit.html", who=who, entries=portal.audit.last(200))


def _carrying_out(portal: Portal, preview: Operation) -> Operation | None:
    if preview.kind is not Kind.PREVIEW or preview.state is not State.SUCCEEDED:
        return None
    later = portal.operations.history(preview.stack, limit=100)
    return next((each for each in later if each.of == preview.id), None)


def _key() -> str:
    """Return an idempotency key for one form: sent twice, it begins one operation."""
    return str(uuid.uuid4())
