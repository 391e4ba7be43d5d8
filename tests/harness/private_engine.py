"""A Docker engine of the test's own, which may be restarted: its own directory, socket and network namespace."""

import ctypes
import os
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

CLONE_NEWNET = 0x40000000


def missing() -> str:
    """Why no engine can be started here; empty where it can."""
    if os.geteuid():
        return "only root can start a Docker engine"
    for program in ("dockerd", "unshare", "nsenter", "ip"):
        if shutil.which(program) is None:
            return f"no {program} on PATH"
    if subprocess.run(["unshare", "--net", "true"], capture_output=True, check=False).returncode:
        return "no network namespace can be made here"
    return ""


class PrivateEngine:
    """Use as a context manager; everything of it is gone afterwards."""

    def __enter__(self) -> "PrivateEngine":
        self.directory = Path(tempfile.mkdtemp(prefix="agno-ha-engine-"))
        self.host = f"unix://{self.directory}/docker.sock"
        # Outlives the engine, and with it the network namespace.
        self._holder = subprocess.Popen(["unshare", "--net", "sleep", "infinity"])
        self._namespace = Path(f"/proc/{self._holder.pid}/ns/net")
        own = Path("/proc/self/ns/net").readlink()
        while self._namespace.readlink() == own:
            time.sleep(0.01)
        subprocess.run(["nsenter", f"--net={self._namespace}", "ip", "link", "set", "lo", "up"], check=True)
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()
        self._holder.kill()
        self._holder.wait()
        for line in sorted(Path("/proc/mounts").read_text().splitlines(), reverse=True):
            mounted = line.split()[1]
            if mounted.startswith(str(self.directory)):
                subprocess.run(["umount", "-l", mounted], check=False)
        shutil.rmtree(self.directory, ignore_errors=True)

    def start(self) -> None:
        """Start the daemon and wait until it answers."""
        command = ["nsenter", f"--net={self._namespace}", "dockerd", "--host", self.host]
        for option, name in {"data-root": "data", "exec-root": "run", "pidfile": "pid"}.items():
            command += [f"--{option}", str(self.directory / name)]
        with (self.directory / "log").open("ab") as log:
            self._daemon = subprocess.Popen(command, stdout=log, stderr=log)
        deadline = time.monotonic() + 60
        while not self._answers():
            assert self._daemon.poll() is None, self.log()
            assert time.monotonic() < deadline, self.log()
            time.sleep(0.2)

    def stop(self) -> None:
        """Stop the daemon as an init system does; it stops its containers."""
        self._daemon.terminate()
        self._daemon.wait(240)

    def log(self) -> str:
        """The end of the daemon's log."""
        return (self.directory / "log").read_text()[-3000:]

    @contextmanager
    def network(self) -> Iterator[None]:
        """Be in the engine's network namespace: its published ports are on 127.0.0.1 there."""
        with Path("/proc/self/ns/net").open() as own, self._namespace.open() as theirs:
            _enter(theirs.fileno())
            try:
                yield
            finally:
                _enter(own.fileno())

    def copy_images(self, references: list[str]) -> None:
        """Copy images from the engine that the tests use."""
        with subprocess.Popen(["docker", "save", *references], stdout=subprocess.PIPE) as save:
            subprocess.run(["docker", "-H", self.host, "load", "-q"], stdin=save.stdout, check=True)
        assert save.returncode == 0

    def _answers(self) -> bool:
        # Not by the library, whose client leaves its socket open where nobody answers.
        asked = subprocess.run(["docker", "-H", self.host, "version"], capture_output=True, check=False)
        return asked.returncode == 0


def _enter(descriptor: int) -> None:
    libc = ctypes.CDLL(None, use_errno=True)
    if libc.setns(descriptor, CLONE_NEWNET):
        raise OSError(ctypes.get_errno(), "setns")
