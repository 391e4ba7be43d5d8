"""Whether the process of an operation still is the one that began it."""

import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import psutil
import pytest
from agno_ha.operations import processes
from agno_ha.operations.processes import Owner

SLEEP = "import time; time.sleep(600)"


@pytest.fixture
def sleeper() -> Iterator[subprocess.Popen[bytes]]:
    process = subprocess.Popen([sys.executable, "-c", SLEEP])
    yield process
    process.kill()
    process.wait()


def test_a_process_lives_until_it_ended(sleeper: subprocess.Popen[bytes]) -> None:
    owner = Owner.of(sleeper.pid)
    assert processes.lives(owner)
    sleeper.kill()
    os.waitid(os.P_PID, sleeper.pid, os.WEXITED | os.WNOWAIT)  # ended, and a zombie still
    assert not processes.lives(owner)


def test_another_process_of_the_same_number_is_not_it(sleeper: subprocess.Popen[bytes]) -> None:
    owner = Owner.of(sleeper.pid)
    assert not processes.lives(replace(owner, started=owner.started - 1000))


def test_a_step_of_the_clock_ends_nothing(
    sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    """What psutil says moves with the clock, which it counts from."""
    owner, told = Owner.of(sleeper.pid), psutil.Process.create_time
    for step in (-3600, 3600):
        monkeypatch.setattr(psutil.Process, "create_time", lambda process, step=step: told(process) + step)
        assert processes.lives(owner)


def test_a_process_of_another_boot_is_not_it(sleeper: subprocess.Popen[bytes]) -> None:
    owner = Owner.of(sleeper.pid)
    assert not processes.lives(replace(owner, started=owner.started + 2**36))


def test_where_no_kernel_counts_ticks_the_clock_tells(
    sleeper: subprocess.Popen[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(processes, "_BOOT_ID", Path("/nowhere"))
    owner = Owner.of(sleeper.pid)
    assert abs(owner.started - time.time()) < 600
    assert processes.lives(owner)


def test_what_it_started_counts_while_it_works(tmp_path: Path) -> None:
    """The worker is killed; its `pulumi` goes on."""
    (tmp_path / "pulumi").symlink_to(shutil.which("sleep") or "/bin/sleep")
    code = f"import subprocess, time; print(subprocess.Popen(['{tmp_path}/pulumi', '600']).pid, flush=True); {SLEEP}"
    worker = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, start_new_session=True)
    assert worker.stdout is not None
    owner, engine = Owner.of(worker.pid), int(worker.stdout.readline())
    try:
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        assert list(processes.engines(owner)) == [engine]
        assert processes.lives(owner)
    finally:
        os.kill(engine, signal.SIGKILL)
    deadline = time.monotonic() + 30
    while psutil.pid_exists(engine) and psutil.Process(engine).status() != psutil.STATUS_ZOMBIE:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert not processes.lives(owner)
    worker.stdout.close()
