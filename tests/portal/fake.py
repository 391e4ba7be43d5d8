"""`OperationsApi` in memory: it keeps the Protocol's rules, and plays recorded events instead of running an engine."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from itertools import count

from agno_ha.operations.model import Body, Event, Finding, Kind, Operation, OperationRefusedError, State

from .recorded import RECORDED


@dataclass
class FakeOperations:
    """Each operation plays what `scripts` holds for its kind; with a pace in a thread, otherwise at once."""

    names: tuple[str, ...] = ("dev", "prod", "staging")
    pace: float = 0.0
    """Seconds between two events; 0: all before `start` returns."""
    scripts: dict[Kind, tuple[Sequence[Body], State]] = field(default_factory=lambda: dict(RECORDED))
    held: bool = False
    """Operations stay running after their events."""
    changed: list[str] = field(default_factory=list)
    """Parts that changed since every preview: an up is refused."""

    def __post_init__(self) -> None:
        self.operations: dict[str, Operation] = {}
        self.happened: dict[str, list[Event]] = {}
        self.keys: dict[tuple[str, str], str] = {}
        self._ids = count(1)
        self._lock = threading.RLock()

    def stacks(self) -> Sequence[str]:
        return sorted(self.names)

    def start(
        self,
        stack: str,
        kind: Kind,
        *,
        requester: str,
        of: str | None = None,
        confirm: str | None = None,
        key: str | None = None,
    ) -> Operation:
        with self._lock:
            if key is not None and (earlier := self.keys.get((requester, key))):
                found = self.operations[earlier]
                if (found.stack, found.kind) != (stack, kind):
                    raise OperationRefusedError("key_reused", f"This key stands for operation {earlier}.")
                return found
            if stack not in self.names:
                raise OperationRefusedError("unknown_stack", f"No stack {stack}.")
            if kind is Kind.UP:
                self._check(stack, of)
            if kind is Kind.DESTROY and confirm != stack:
                raise OperationRefusedError("confirmation", f"Type the stack's name, {stack}.")
            if any(each.stack == stack and not each.state.final for each in self.operations.values()):
                raise OperationRefusedError("busy", f"Another operation works on stack {stack}.")
            made = Operation(
                id=f"op{next(self._ids):04}", stack=stack, kind=kind, state=State.RUNNING, requester=requester,
                of=of if kind is Kind.UP else None, created=datetime.now(UTC),
            )  # fmt: skip
            self.operations[made.id] = made
            self.happened[made.id] = []
            if key is not None:
                self.keys[requester, key] = made.id
        if self.pace:
            threading.Thread(target=self._play, args=(made.id,), daemon=True).start()
        else:
            self._play(made.id)
        return self.operations[made.id]

    def approve(self, operation: str, *, approver: str) -> Operation:
        found = self.get(operation)
        if found.kind is not Kind.PREVIEW:
            raise OperationRefusedError("not_a_preview", f"{operation} is no preview.")
        if any(_mandatory(event.body) for event in self.happened[operation]):
            raise OperationRefusedError("has_violations", "It violates mandatory policies.")
        if found.state is not State.SUCCEEDED:
            raise OperationRefusedError("not_succeeded", "It has not succeeded.")
        return self._update(operation, approver=found.approver or approver)

    def cancel(self, operation: str, *, requester: str) -> Operation:
        if not self.get(operation).state.final:
            self._update(
                operation, state=State.CANCELLED, ended=datetime.now(UTC), error=f"Cancelled by {requester}."
            )
        return self.get(operation)

    def get(self, operation: str) -> Operation:
        try:
            return self.operations[operation]
        except KeyError:
            raise OperationRefusedError("unknown_operation", f"No operation {operation}.") from None

    def history(
        self, stack: str | None = None, *, limit: int = 50, before: str | None = None
    ) -> Sequence[Operation]:
        newest = sorted(self.operations.values(), key=lambda each: each.id, reverse=True)
        return [
            each for each in newest if stack in (None, each.stack) and (before is None or each.id < before)
        ][:limit]

    def events(self, operation: str, *, after: int = 0) -> Sequence[Event]:
        self.get(operation)
        return self.happened[operation][after:]

    def follow(self, operation: str, *, after: int = 0) -> Iterator[Event]:
        while True:
            final = self.get(operation).state.final
            yield from (found := self.events(operation, after=after))
            after += len(found)
            if final:
                return
            time.sleep(0.05)

    def add(self, operation: str, body: Body) -> None:
        """Let something happen in an operation."""
        with self._lock:
            log = self.happened[operation]
            log.append(Event(operation=operation, sequence=len(log) + 1, time=datetime.now(UTC), body=body))

    def finish(self, operation: str, state: State = State.SUCCEEDED) -> None:
        """End an operation."""
        steps = [
            e.body for e in self.happened[operation] if e.body.type == "step" and e.body.status != "started"
        ]
        ops = [step.op for step in steps]
        error = None if state is State.SUCCEEDED else "A mandatory policy is violated."
        changes = {op: ops.count(op) for op in dict.fromkeys(ops)}
        self._update(operation, state=state, ended=datetime.now(UTC), changes=changes, error=error)

    def _play(self, operation: str) -> None:
        bodies, state = self.scripts[self.operations[operation].kind]
        for body in bodies:
            if self.operations[operation].state.final:
                return
            self.add(operation, body)
            time.sleep(self.pace)
        if not self.held:
            self.finish(operation, state)

    def _check(self, stack: str, of: str | None) -> None:
        preview = self.operations.get(of or "")
        if preview is None or preview.kind is not Kind.PREVIEW or preview.stack != stack:
            raise OperationRefusedError("not_a_preview", "An up carries out an approved preview.")
        if preview.approver is None:
            raise OperationRefusedError("not_approved", f"Preview {of} is not approved.")
        if any(each.of == of for each in self.operations.values()):
            raise OperationRefusedError("used", f"Preview {of} was carried out already.")
        if self.changed:
            raise OperationRefusedError("changed", f"Changed since the preview: {', '.join(self.changed)}.")

    def _update(self, operation: str, **values: object) -> Operation:
        with self._lock:
            self.operations[operation] = self.operations[operation].model_copy(update=values)
            return self.operations[operation]


def _mandatory(body: Body) -> bool:
    return isinstance(body, Finding) and body.level == "mandatory"
