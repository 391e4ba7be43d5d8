"""Faults in containers, by the host's pid: `docker kill` would disable the restart that is tested."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any


def host_pid(container: Any) -> int:
    container.reload()
    pid = int(container.attrs["State"]["Pid"])
    assert pid > 1, "the container does not run"
    return pid


def kill(container: Any) -> None:
    """SIGKILL the container's first process, and with it the container."""
    os.kill(host_pid(container), signal.SIGKILL)


def processes(container: Any) -> list[int]:
    """Host pids of every process of the container."""
    return [int(row[1]) for row in container.top(ps_args="-ef")["Processes"]]


@contextmanager
def frozen(container: Any) -> Iterator[None]:
    """SIGSTOP everything in the container; what still exists afterwards goes on."""
    pids = processes(container)
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            try:
                os.kill(pid, signal.SIGCONT)
            except ProcessLookupError:
                continue
