"""The launcher's children: started, waited for and stopped by signals, without a thread. Standard library only."""

import json
import os
import signal
import sys
import time
from datetime import UTC, datetime

STOPPED_EARLY = 143
"""128 + SIGTERM: stopped while starting, as a shell would report it."""


class ChildrenError(Exception):
    """A child ended that should not have, or the container was stopped before it served; `code` is the exit code."""

    def __init__(self, message: str, code: int) -> None:
        super().__init__(message)
        self.code = code


def log(level: str, message: str, **fields: object) -> None:
    """One JSON line on stdout, the shape of logs.py."""
    event = {"time": datetime.now(UTC).isoformat(timespec="milliseconds"), "level": level, "logger": "launcher",
             "message": message, "instance": os.environ.get("INSTANCE_NAME") or os.uname().nodename}  # fmt: skip
    sys.stdout.write(json.dumps(event | fields) + "\n")
    sys.stdout.flush()


class Children:
    """The child processes of process 1, which also reaps what they leave behind.

    SIGTERM, SIGINT and SIGCHLD must be blocked in the caller: they are taken one by one by sigtimedwait, so
    that no handler ever runs between two lines.
    """

    def __init__(self) -> None:
        self._running: dict[int, str] = {}
        self._ended: dict[str, int] = {}

    def start(self, name: str, module: str) -> None:
        """Start `python -m module` with this process's environment and open, inheritable descriptors."""
        command = [sys.executable, "-m", module]
        pid = os.posix_spawn(sys.executable, command, os.environ, setsigmask=())
        self._running[pid] = name

    def run(self, name: str, module: str) -> int:
        """Start a child and wait for its end: its exit code, also STOPPED_EARLY on SIGTERM."""
        self.start(name, module)
        while name not in self._ended:
            if self._next(None, expected={name}) in {signal.SIGTERM, signal.SIGINT}:
                self.stop(name)
                return STOPPED_EARLY
        return self._ended[name]

    def wait_for_signal(self) -> signal.Signals:
        """Wait for SIGTERM or SIGINT while every child lives.

        Raises:
            ChildrenError: a child ended; the others have been stopped.
        """
        while True:
            received = self._next(None)
            if received in {signal.SIGTERM, signal.SIGINT}:
                return received

    def sleep(self, duration: float) -> None:
        """Let the children work for so many seconds; a second SIGTERM or SIGINT cuts it short."""
        deadline = time.monotonic() + duration
        while (left := deadline - time.monotonic()) > 0:
            if self._next(left) in {signal.SIGTERM, signal.SIGINT}:
                return

    def stop(self, name: str) -> int:
        """SIGTERM to a child, then wait for its end however long it takes (the orchestrator kills): its code."""
        for pid, running in self._running.items():
            if running == name:
                os.kill(pid, signal.SIGTERM)
        while name in self._running.values():
            self._next(None, expected=set(self._running.values()))
        return self._ended.get(name, 1)

    def stop_all(self) -> None:
        """Stop what still runs."""
        for name in list(self._running.values()):
            self.stop(name)

    def _next(self, timeout: float | None, expected: set[str] | None = None) -> signal.Signals | None:
        """One signal, or None after the timeout; ends of children not in `expected` are errors."""
        awaited = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD}
        info = signal.sigwaitinfo(awaited) if timeout is None else signal.sigtimedwait(awaited, timeout)
        if info is None:
            return None
        if info.si_signo == signal.SIGCHLD:
            self._reap(expected or set())
        return signal.Signals(info.si_signo)

    def _reap(self, expected: set[str]) -> None:
        while True:
            try:
                pid, status = os.waitpid(-1, os.WNOHANG)
            except ChildProcessError:
                return
            if pid == 0:
                return
            name = self._running.pop(pid, None)
            if name is None:
                continue  # an orphan of a child, ours to reap as process 1
            code = os.waitstatus_to_exitcode(status)
            self._ended[name] = code if code >= 0 else 128 - code
            if name not in expected:
                reason = f"exit code {code}" if code >= 0 else f"signal {signal.Signals(-code).name}"
                self.stop_all()
                raise ChildrenError(
                    f"{name} ended unexpectedly ({reason}): stopping the container", self._ended[name] or 1
                )
