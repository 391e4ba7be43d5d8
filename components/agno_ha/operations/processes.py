"""Which process works on an operation, and whether it still is the one that began it."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import psutil

ENGINE = "pulumi"
_BOOT_ID = Path("/proc/sys/kernel/random/boot_id")
_BOOT = 2**36
"""More ticks than a boot has, twenty years; a float holds them exactly with sixteen bits more."""


@dataclass(frozen=True)
class Owner:
    """A process; the start time tells it from a later one with the same number."""

    host: str
    pid: int
    started: float
    """A number that no step of the clock moves; equal for the same process alone."""

    @classmethod
    def of(cls, pid: int) -> Owner:
        """Return a process of this machine."""
        return cls(here(), pid, _started(pid))


@cache
def here() -> str:
    """Return this machine's name, with the number space of its processes where it has several (containers)."""
    space = Path("/proc/self/ns/pid")
    number = f" {space.readlink()}" if space.is_symlink() else ""
    return f"{socket.gethostname()}{number}"


def lives(owner: Owner) -> bool:
    """Return whether a process of this machine, or a `pulumi` that it started, still runs."""
    return _runs(owner) or any(engines(owner))


def engines(owner: Owner) -> Iterator[int]:
    """Give each `pulumi` that still runs in the session which an operation's process began.

    Its plugins are not asked for: they may linger, and only wait for what they had begun.
    """
    for process in psutil.process_iter(["name"]):
        try:
            if process.info["name"] != ENGINE or os.getsid(process.pid) != owner.pid:
                continue
            later = 0 <= _started(process.pid) - owner.started < _BOOT
            if later and runs(process.pid):
                yield process.pid
        except (psutil.Error, OSError):
            continue  # it has just ended


def runs(pid: int) -> bool:
    """Return whether a process of this machine runs; one that has ended keeps its number until its parent looks."""
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True  # another user's


def _runs(owner: Owner) -> bool:
    try:
        # Seconds, where there are no ticks, are told to a hundredth.
        return abs(_started(owner.pid) - owner.started) < 1 and runs(owner.pid)
    except (psutil.Error, OSError):
        return False


def _started(pid: int) -> float:
    """Return when a process started: on Linux the kernel's ticks since this boot, with the boot's own number above.

    Elsewhere it is seconds since 1970. On Linux those are counted from a boot time that moves with the clock.
    """
    if not _BOOT_ID.exists():
        return psutil.Process(pid).create_time()
    ticks = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()[19]
    return float(int(_BOOT_ID.read_text()[:4], 16) * _BOOT + int(ticks))
