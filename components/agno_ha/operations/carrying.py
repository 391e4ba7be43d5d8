"""One operation to its end, for a command line: begun, followed, and its failure raised."""

from __future__ import annotations

import getpass
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager

from agno_ha.operations.errors import OperationError, PolicyError
from agno_ha.operations.model import Body, Finding, Held, Kind, Operation, State
from agno_ha.operations.operations import Operations
from agno_ha.operations.workspace import Workspace


def carry_out(
    workspace: Workspace, kind: Kind, see: Callable[[Body], None], *, of: str | None = None
) -> Operation:
    """Do one operation to its end.

    Args:
        workspace: the project and its stack.
        kind: what to do.
        see: given each thing that happens.
        of: an up: the approved preview's id.

    Raises:
        OperationRefusedError: it could not be begun.
        PolicyError: a mandatory policy is violated.
        OperationError: it failed, with its reason.
    """
    violated = False
    requester = getpass.getuser()
    with closing(Operations(workspace.root)) as operations:
        begun = operations.start(workspace.stack, kind, requester=requester, of=of, confirm=workspace.stack)
        try:
            for event in operations.follow(begun.id):
                see(event.body)
                violated |= isinstance(event.body, Finding) and event.body.level == "mandatory"
        except KeyboardInterrupt:
            # The engine finishes what it has begun.
            operations.cancel(begun.id, requester=requester)
            for event in operations.follow(begun.id):
                see(event.body)
            raise
        ended = operations.get(begun.id)
    if ended.state is not State.SUCCEEDED:
        raise (PolicyError if violated else OperationError)(ended.error or f"It was {ended.state}.")
    return ended


def approve(workspace: Workspace, preview: Operation) -> None:
    """Approve a preview, as who asks for an up at a shell does."""
    with closing(Operations(workspace.root)) as operations:
        operations.approve(preview.id, approver=getpass.getuser())


@contextmanager
def held(workspace: Workspace, kind: Kind | Held) -> Iterator[None]:
    """Do something to the stack in this process, at a shell; meanwhile no operation begins.

    Raises:
        OperationRefusedError: another operation works on the stack.
    """
    with (
        closing(Operations(workspace.root)) as operations,
        operations.hold(workspace.stack, kind, requester=getpass.getuser()),
    ):
        yield
