"""Operations followed by a test."""

from agno_ha.operations.model import Operation, Step
from agno_ha.operations.operations import Operations


def ended(operations: Operations, begun: Operation) -> Operation:
    """Wait for the operation's end; print what happens."""
    for event in operations.follow(begun.id):
        print(begun.kind, event.sequence, event.body, flush=True)
    found = operations.get(begun.id)
    print(found, flush=True)
    return found


def until_started(operations: Operations, begun: Operation, resource: str) -> None:
    """Wait until the engine works on a resource; print what happens.

    Raises:
        AssertionError: the operation has ended before.
    """
    for event in operations.follow(begun.id):
        print(event.body, flush=True)
        body = event.body
        if isinstance(body, Step) and body.status == "started" and f"{resource} (" in body.resource:
            return
    raise AssertionError(f"{resource} was not begun: {operations.get(begun.id)}")
