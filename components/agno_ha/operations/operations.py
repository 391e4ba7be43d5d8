"""`Operations`: what is asked of a project's stacks, each in a process of its own, one at a time on a stack."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path

from pulumi.automation import CommandError
from sqlalchemy.exc import DBAPIError

from agno_ha.operations import automation, digests, processes
from agno_ha.operations.errors import NO_CLI, OperationError, explained
from agno_ha.operations.model import Event, Finding, Held, Kind, Operation, OperationRefusedError, State
from agno_ha.operations.processes import Owner
from agno_ha.operations.store import Store, TakenError
from agno_ha.operations.work import PLAN, refusal
from agno_ha.operations.worker import BEAT, DATABASE, LEASE
from agno_ha.operations.workspace import Workspace, stacks

TIMEOUT = 3600.0
"""Seconds that an operation may take."""

_LOOK = 0.25
"""Seconds between two looks for events."""


class Operations:
    """Works on the stacks of one project; any number of processes may do so at once."""

    def __init__(self, root: Path, *, database: str | None = None, timeout: float = TIMEOUT) -> None:
        """Open the database, and mark what was running when its process or its machine died.

        Args:
            root: the project's directory.
            database: URL of the database, one for each project. Default: AGNO_HA_DATABASE_URL, else SQLite in
                `.agno-ha/operations.db`.
            timeout: seconds that an operation may take.
        """
        self.root = root.resolve()
        keep = self.root / ".agno-ha"
        keep.mkdir(mode=0o700, exist_ok=True)
        self._database = database or os.environ.get(DATABASE) or ""
        if not self._database:
            own = keep / "operations.db"
            own.touch(mode=0o600)  # SQLite gives its other files the same rights
            self._database = f"sqlite:///{own}"
        self._timeout = timeout
        self.store = Store(self._database)
        for operation in self.store.running():
            self._settled(operation)

    def close(self) -> None:
        """Close the database; what runs goes on."""
        self.store.close()

    def stacks(self) -> Sequence[str]:
        """Return the names of the project's stacks, sorted."""
        return stacks(self.root)

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
        """Begin an operation in a process of its own and return at once (an up: after its digests are compared).

        Args:
            stack: the stack's name.
            kind: what to do.
            requester: who asks.
            of: an up: the approved preview's id.
            confirm: a destroy: the stack's name, as a person typed it.
            key: idempotency key: the same key by the same requester returns the same operation.

        Raises:
            OperationRefusedError: another operation works on the stack, or something must come first.
        """
        if key is not None and (earlier := self.store.with_key(requester, key)):
            return self._same(earlier, stack, kind, of)
        if stack not in self.stacks():
            raise OperationRefusedError(
                "unknown_stack", f"No stack {stack}. There is: {', '.join(self.stacks())}."
            )
        if kind is Kind.UP:
            self._check(stack, of)
        if kind is Kind.DESTROY and confirm != stack:
            raise OperationRefusedError(
                "confirmation", f"Type the stack's name, {stack}, to delete it and its data."
            )
        if busy := self._busy(stack):
            raise _is_busy(busy)
        me = Owner.of(os.getpid())
        try:
            begun = self.store.begin(
                stack, kind, requester=requester, owner=me, of=of if kind is Kind.UP else None, key=key
            )
        except TakenError:
            # Another one was a moment faster; with what, decides the answer.
            if key is not None and (earlier := self.store.with_key(requester, key)):
                return self._same(earlier, stack, kind, of)
            if kind is Kind.UP:
                self._refuse_used(str(of))
            raise _was_faster(stack) from None
        try:
            self._launch(begun)
        except OSError as error:
            self.store.finish(begun.id, State.FAILED, error=f"Its process could not be started: {error}")
        return self.store.get(begun.id)

    @contextmanager
    def hold(self, stack: str, kind: Kind | Held, *, requester: str) -> Iterator[None]:
        """Do something to the stack in this process; meanwhile no operation begins.

        Raises:
            OperationRefusedError: another operation works on the stack.
        """
        if busy := self._busy(stack):
            raise _is_busy(busy)
        me = Owner.of(os.getpid())
        try:
            held = self.store.begin(stack, kind, requester=requester, owner=me).id
        except TakenError:
            raise _was_faster(stack) from None
        done = threading.Event()

        def live() -> None:
            while not done.wait(BEAT):
                with suppress(DBAPIError):  # on this machine the process itself is the sign
                    self.store.beat(held, me)

        living = threading.Thread(target=live, daemon=True)
        living.start()
        # Not the error's own words: they may quote a server, and nothing masks them here.
        state, error = State.FAILED, "It failed, or was interrupted, where it was run: that says why."
        try:
            yield
            state, error = State.SUCCEEDED, ""
        finally:
            done.set()
            living.join()
            self.store.finish(held, state, error=error or None)

    def approve(self, operation: str, *, approver: str) -> Operation:
        """Approve a preview that succeeded without mandatory findings; the first approver stays."""
        found = self.get(operation)
        if found.kind is not Kind.PREVIEW:
            raise OperationRefusedError(
                "not_a_preview", f"{operation} is a {found.kind}; only a preview is approved."
            )
        if found.state is not State.SUCCEEDED:
            bodies = (event.body for event in self.store.events(operation, 0))
            if any(isinstance(body, Finding) and body.level == "mandatory" for body in bodies):
                text = f"Preview {operation} violates mandatory policies. Correct that and preview again."
                raise OperationRefusedError("has_violations", text)
            raise OperationRefusedError(
                "not_succeeded", f"Preview {operation} is {found.state}, not succeeded."
            )
        self.store.approve(operation, approver)
        return self.get(operation)

    def cancel(self, operation: str, *, requester: str) -> Operation:
        """Ask a running operation to end; it ends cleanly, what it had begun is finished or pending."""
        self.get(operation)
        self.store.cancel(operation, requester)
        return self.get(operation)

    def get(self, operation: str) -> Operation:
        """Return an operation as it stands."""
        try:
            return self._settled(self.store.get(operation))
        except KeyError:
            raise OperationRefusedError("unknown_operation", f"No operation {operation}.") from None

    def history(
        self, stack: str | None = None, *, limit: int = 50, before: str | None = None
    ) -> Sequence[Operation]:
        """Return operations, newest first; `before` is the last id of the page before."""
        return [self._settled(operation) for operation in self.store.history(stack, limit, before)]

    def events(self, operation: str, *, after: int = 0) -> Sequence[Event]:
        """Return what has happened after a sequence number."""
        self.get(operation)
        return self.store.events(operation, after)

    def follow(self, operation: str, *, after: int = 0) -> Iterator[Event]:
        """Give events as they happen, until the operation is final."""
        while True:
            final = self.get(operation).state.final  # asked first: nothing comes after it
            for event in self.store.events(operation, after):
                yield event
                after = event.sequence
            if final:
                return
            time.sleep(_LOOK)

    # -------------------------------------------------------------------------------------------------------

    def _same(self, earlier: Operation, stack: str, kind: Kind, of: str | None) -> Operation:
        if (earlier.stack, earlier.kind, earlier.of) != (stack, kind, of if kind is Kind.UP else None):
            raise OperationRefusedError(
                "key_reused",
                f"This key stands for operation {earlier.id}, a {earlier.kind} of stack {earlier.stack}.",
            )
        return self._settled(earlier)

    def _check(self, stack: str, of: str | None) -> None:
        """Refuse an up whose preview is not approved, or which is not what would be carried out now."""
        preview = self.get(of) if of else None
        if preview is None or preview.kind is not Kind.PREVIEW or preview.stack != stack:
            raise OperationRefusedError(
                "not_a_preview", f"An up carries out an approved preview of stack {stack}."
            )
        if preview.state is not State.SUCCEEDED:
            raise OperationRefusedError("not_succeeded", f"Preview {of} is {preview.state}, not succeeded.")
        if preview.approver is None:
            raise OperationRefusedError("not_approved", f"Preview {of} is not approved.")
        self._refuse_used(preview.id)
        if busy := self._busy(stack):
            raise _is_busy(busy)
        if changed := self._changed(preview):
            raise OperationRefusedError("changed", refusal(changed))

    def _refuse_used(self, preview: str) -> None:
        if used := self.store.carrying_out(preview):
            text = f"Preview {preview} was carried out already, by up {used.id}. Preview again."
            raise OperationRefusedError("used", text)

    def _changed(self, preview: Operation) -> list[str]:
        """Return what differs from what a preview saw; its process looks once more, right before the engine begins."""
        workspace = Workspace(self.root, preview.stack)
        cli = automation.command(workspace, lambda _: None)
        if cli is None:
            raise OperationError(NO_CLI)
        try:
            state = automation.state(automation.select(workspace, cli))
        except CommandError as error:
            raise OperationError(explained(error)) from None
        before = {part: things for part, things in self.store.seen(preview.id).items() if part != PLAN}
        return digests.differences(before, digests.seen(workspace, state))

    def _busy(self, stack: str) -> Operation | None:
        found = (self._settled(operation) for operation in self.store.running(stack))
        return next((operation for operation in found if not operation.state.final), None)

    def _settled(self, operation: Operation) -> Operation:
        """Return the operation, marked as interrupted where nobody works on it any more."""
        if operation.state.final:
            return operation
        owner, heard = self.store.owner(operation.id)
        here = owner.host == processes.here()
        if processes.lives(owner) if here else time.time() - heard < LEASE:
            return operation
        next_step = "Start it again." if operation.repeatable else "Run recover before anything else."
        error = f"Its process ({owner.pid} on {owner.host}) ended without a word. {next_step}"
        self.store.finish(operation.id, State.INTERRUPTED, error=error)
        return self.store.get(operation.id)

    def _launch(self, operation: Operation) -> None:
        private = Workspace(self.root, operation.stack).private
        command = [sys.executable, "-P", "-m", "agno_ha.operations.worker", operation.id, str(self._timeout)]
        with (private / "worker.log").open("wb") as log:
            process = subprocess.Popen(
                command, cwd=self.root, env={**os.environ, DATABASE: self._database}, start_new_session=True,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log,
            )  # fmt: skip
        self.store.own(operation.id, Owner.of(process.pid))
        threading.Thread(target=process.wait, daemon=True).start()  # so that it leaves no zombie


def _was_faster(stack: str) -> OperationRefusedError:
    return OperationRefusedError("busy", f"Another operation has just begun on stack {stack}.")


def _is_busy(other: Operation) -> OperationRefusedError:
    what = f"{other.kind} {other.id} of {other.requester}, since {other.created:%H:%M:%S} UTC"
    return OperationRefusedError("busy", f"Stack {other.stack} is busy: {what}.")
