"""What the benchmarks share: rounds, medians, tables, the machine's facts, a project for `pulumi preview`."""

import json
import os
import platform
import resource
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[1]
RESULTS = Path(__file__).parent / "results"
sys.path.append(str(ROOT / "tests"))  # the harness

signal.signal(
    signal.SIGTERM, lambda *_: sys.exit("ended")
)  # a time limit ends it: what it made is taken down

VENV = ROOT / ".venv"
Measured = dict[str, list[float]]
"""What was measured → one number per round, in the order of the rounds."""


def machine() -> dict[str, Any]:
    """Return what the numbers depend on; nothing that names the machine."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    facts: dict[str, Any] = {
        "cores": os.cpu_count(),
        "memoryGiB": round(memory / 1024**3),
        "python": platform.python_version(),
        "system": platform.system(),
    }
    for name, command in (
        ("pulumi", ["pulumi", "version"]),
        ("docker", ["docker", "version", "--format", "{{.Server.Version}}"]),
    ):
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        facts[name] = done.stdout.strip() if done.returncode == 0 else "none"
    return facts


def save(name: str, measured: Mapping[str, Any]) -> dict[str, Any]:
    """Write results/<name>.json, with the machine's facts, and return what was written."""
    RESULTS.mkdir(exist_ok=True)
    result = {"machine": machine(), **measured}
    (RESULTS / f"{name}.json").write_text(json.dumps(result, indent=1) + "\n")
    return result


def earlier(name: str, *, wanted: bool) -> Any:
    """Return the earlier result that `--add` adds rounds to; empty where there is none or none is wanted."""
    path = RESULTS / f"{name}.json"
    return json.loads(path.read_text()) if wanted and path.exists() else {}


def alternate(
    ways: Mapping[str, Callable[[], float]],
    rounds: int,
    measured: Measured,
    keep: Callable[[], object],
    cpu: Measured | None = None,
) -> None:
    """Run every way once per round, every other round backwards; add each round to `measured` and keep it.

    `cpu` gets the CPU seconds of the processes that were run: other work on the machine changes them far less.
    """
    for turn in range(rounds):
        seconds: dict[str, float] = {}
        used: dict[str, float] = {}
        for name in list(ways)[:: -1 if turn % 2 else 1]:
            before = cpu_of_children()
            seconds[name] = ways[name]()
            used[name] = cpu_of_children() - before
            print(f"  round {turn + 1}/{rounds}  {name}: {seconds[name]:.2f}", flush=True)
        for name in ways:
            measured.setdefault(name, []).append(round(seconds[name], 3))
            if cpu is not None:
                cpu.setdefault(name, []).append(round(used[name], 3))
        keep()


def cpu_of_children() -> float:
    """Return the CPU seconds of all processes that this one has started and waited for."""
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    return usage.ru_utime + usage.ru_stime


def median(numbers: Iterable[float]) -> float:
    """Return the median."""
    return statistics.median(numbers)


def ratio(measured: Mapping[str, Sequence[float]], name: str, peer: str) -> float:
    """Return the median of the rounds' own ratios: both numbers of each come from the same minute."""
    pairs = zip(measured[name], measured[peer], strict=True)
    return median(ours / theirs for ours, theirs in pairs)


def spread(numbers: Sequence[float], digits: int = 2) -> str:
    """Return the median and the range of the rounds, as text."""
    return f"{median(numbers):.{digits}f} ({min(numbers):.{digits}f}–{max(numbers):.{digits}f})"  # noqa: RUF001


def table(head: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a Markdown table; the first column is text, the others are numbers."""
    lines = [head, ["---", *["---:"] * (len(head) - 1)], *rows]
    return "\n".join(f"| {' | '.join(str(cell) for cell in line)} |" for line in lines)


def timed(command: Sequence[str], **options: Any) -> float:
    """Run a command, which must succeed, and return its seconds."""
    start = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False, **options)
    seconds = time.monotonic() - start
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stdout}\n{done.stderr}")
    return seconds


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory that is gone afterwards."""
    with tempfile.TemporaryDirectory(prefix="agno-ha-bench-") as directory:
        yield Path(directory)


class Project:
    """A Pulumi project in a directory of its own with a file backend: `pulumi preview` of one program."""

    def __init__(
        self,
        directory: Path,
        program: str,
        *,
        name: str = "agno-ha",
        stack_file: str = "{}",
        more: Mapping[str, Any] | None = None,
    ) -> None:
        """`more`: further keys of Pulumi.yaml."""
        directory.mkdir(parents=True)
        self.directory = directory
        (directory / "__main__.py").write_text(program)
        runtime = {"name": "python", "options": {"virtualenv": str(VENV)}}
        (directory / "Pulumi.yaml").write_text(json.dumps({"name": name, "runtime": runtime, **(more or {})}))
        (directory / "Pulumi.bench.yaml").write_text(stack_file)
        (directory / "state").mkdir()
        self.environment = {
            **os.environ,
            "PULUMI_BACKEND_URL": f"file://{directory / 'state'}",
            "PULUMI_CONFIG_PASSPHRASE": "benchmark",
            "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true",
            "PULUMI_SKIP_UPDATE_CHECK": "true",
        }
        timed(["pulumi", "stack", "select", "--create", "bench"], cwd=directory, env=self.environment)

    def copy(self, *names: str) -> "Project":
        """Copy files of this repository into the project."""
        for name in names:
            shutil.copy(ROOT / name, self.directory)
        return self

    def preview(self, *options: str) -> float:
        """Return the seconds of one `pulumi preview`."""
        command = ["pulumi", "preview", "--stack", "bench", "--non-interactive", *options]
        return timed(command, cwd=self.directory, env=self.environment)
