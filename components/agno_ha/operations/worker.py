"""One operation in a process of its own: `python -m agno_ha.operations.worker ID SECONDS`, in the project's directory.

It leads a session, so that `pulumi` and all it starts are known to be its own. SIGTERM ends it cleanly: the engine
finishes the steps that it has begun, and begins no other.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from types import FrameType
from typing import Any

from pulumi.automation import CommandError
from sqlalchemy.exc import DBAPIError
from tenacity import Retrying, retry_if_exception_type, stop_after_delay, wait_fixed

from agno_ha.operations import processes
from agno_ha.operations.digests import of_parts
from agno_ha.operations.errors import explained, mendable
from agno_ha.operations.model import Body, Kind, Operation, State
from agno_ha.operations.processes import Owner
from agno_ha.operations.store import EndedError, Store
from agno_ha.operations.work import Work
from agno_ha.operations.workspace import Workspace

DATABASE = "AGNO_HA_DATABASE_URL"
"""The variable that names the operations' database."""

BEAT = 2.0
"""Seconds between two signs of life, at each of which it looks whether somebody wants it cancelled."""

LEASE = 120.0
"""Seconds without a sign of life after which another machine takes the process for dead; it ends itself before."""

GRACE = 300.0
"""Seconds that the engine has to finish what it had begun, before it is told to leave it pending."""


_LOOK = 0.5
"""Seconds between two looks whether an engine has ended."""


class CancelledError(Exception):
    """Asked to end while no engine was at work."""


class Worker:
    """Carries out one operation, and says that it lives."""

    def __init__(self, store: Store, operation: Operation, workspace: Workspace) -> None:
        self._store = store
        self._operation = operation
        self._me = Owner.of(os.getpid())
        self._reason: tuple[State, str] | None = None
        self._over = False
        self._interrupted: set[int] = set()
        self._done = threading.Event()
        self._work = Work(workspace, self._emit)

    def run(self, timeout: float) -> None:
        """Do it, and make the operation final, whatever happens."""
        if not self._store.own(self._operation.id, self._me):
            return  # taken for dead before it had begun
        signal.signal(signal.SIGTERM, self._asked_to_end)
        threading.Thread(target=self._live, args=(time.monotonic() + timeout, timeout), daemon=True).start()
        state, error = self._outcome()
        while any(processes.engines(self._me)):  # one that was just being started when it was asked to end
            self._interrupt()
            time.sleep(_LOOK)
        self._done.set()
        _patiently(
            lambda: self._store.finish(self._operation.id, state, error=error, changes=self._work.changes)
        )

    def _outcome(self) -> tuple[State, str | None]:
        try:
            try:
                self._do()
            finally:
                self._over = True  # too late to be asked to end
        except CancelledError:
            pass
        except Exception as error:
            if self._reason is None:
                return State.FAILED, self._work.mask(_words(error))
        else:
            return State.SUCCEEDED, None
        assert self._reason is not None  # noqa: S101
        return self._reason

    def _do(self) -> None:
        work, operation = self._work, self._operation
        if operation.kind is Kind.PREVIEW:
            seen = work.preview()
            self._store.note(operation.id, digests=of_parts(seen), seen=seen)
        elif operation.kind is Kind.UP:
            work.up(self._store.seen(str(operation.of)))
        else:
            rest: Mapping[Kind, Callable[[], None]] = {
                Kind.REFRESH: work.refresh,
                Kind.DRIFT: work.drift,
                Kind.DESTROY: work.destroy,
                Kind.DOWN: lambda: work.destroy(keep_data=True),
                Kind.RECOVER: work.recover,
            }
            rest[Kind(operation.kind)]()

    def _emit(self, body: Body) -> None:
        with suppress(EndedError):  # somebody took it for dead; the next sign of life tells
            _patiently(lambda: self._store.append(self._operation.id, body))

    # Its end -----------------------------------------------------------------------------------------------

    def _live(self, deadline: float, timeout: float) -> None:
        heard, asked = time.monotonic(), 0.0
        while not self._done.wait(BEAT):
            with suppress(DBAPIError):
                held, wanted_by = self._store.beat(self._operation.id, self._me)
                heard = time.monotonic()
                if not held:
                    self._end(State.INTERRUPTED, "It was taken for dead.")
                elif wanted_by:
                    self._end(State.CANCELLED, f"Cancelled by {wanted_by}. What it had begun was finished.")
            now = time.monotonic()
            if now > deadline:
                self._end(State.FAILED, f"Not done within {timeout:g} s, and ended.")
            if now - heard > LEASE / 2:
                self._end(State.INTERRUPTED, "Its database could not be reached.")
            if self._reason:
                asked = asked or now
                os.kill(os.getpid(), signal.SIGTERM)  # what it did meanwhile may have started another engine
            if asked and now - asked > GRACE:
                self._interrupted.clear()  # the second time an engine leaves what it had begun pending
            if asked and now - asked > GRACE + 60:
                for pid in processes.engines(self._me):
                    os.kill(pid, signal.SIGKILL)

    def _end(self, state: State, why: str) -> None:
        self._reason = self._reason or (state, why)

    def _asked_to_end(self, _: int, __: FrameType | None) -> None:
        self._end(State.CANCELLED, "Its process was asked to end. What it had begun was finished.")
        if self._over:
            return
        if any(processes.engines(self._me)):
            self._interrupt()
        else:
            raise CancelledError

    def _interrupt(self) -> None:
        """Interrupt each engine, once: at the second time it would leave what it had begun."""
        for pid in set(processes.engines(self._me)) - self._interrupted:
            self._interrupted.add(pid)
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGINT)


def _words(error: Exception) -> str:
    if isinstance(error, CommandError):
        return explained(error)
    if isinstance(error, mendable()):
        return str(error)
    traceback.print_exception(error)  # into the log beside the stack's private files
    return f"A defect of agno-ha: {type(error).__name__}: {error}. Its traceback is in .agno-ha/<stack>/worker.log."


def _patiently(action: Callable[[], Any]) -> None:
    """Do it again while the database can't be reached."""
    for attempt in Retrying(
        retry=retry_if_exception_type(DBAPIError),
        stop=stop_after_delay(LEASE),
        wait=wait_fixed(1),
        reraise=True,
    ):
        with attempt:
            action()


def main() -> None:
    """Run the operation that the arguments name."""
    identifier, seconds = sys.argv[1:]
    store = Store(os.environ[DATABASE])
    operation = store.get(identifier)
    Worker(store, operation, Workspace(Path.cwd(), operation.stack)).run(float(seconds))
    store.close()


if __name__ == "__main__":
    main()
