"""A stack's diagram, drawn from its plan in a process of its own: evaluating a program changes its process."""

from __future__ import annotations

import subprocess
import sys
import time
from collections import defaultdict
from pathlib import Path
from threading import Event, Lock

from agno_ha_portal.refusals import RefusedError

_PATIENCE = 120.0  # seconds
_LOOK = 0.5  # seconds between two looks whether the portal stops


class Diagrams:
    """Draws a diagram once for each state of the files that decide it."""

    def __init__(self, root: Path, stopping: Event) -> None:
        self._root = root
        self._stopping = stopping
        self._drawn: dict[str, tuple[tuple[int, ...], str]] = {}
        self._locks: defaultdict[str, Lock] = defaultdict(Lock)

    def of(self, stack: str) -> str:
        """Return the SVG of a stack that exists.

        Raises:
            RefusedError: the program can't be evaluated; with its own words.
        """
        files = (self._root / name for name in (f"Pulumi.{stack}.yaml", "topology.yaml", "__main__.py"))
        now = tuple(path.stat().st_mtime_ns for path in files if path.exists())
        with self._locks[stack]:
            before, svg = self._drawn.get(stack, ((), ""))
            if before != now:
                svg = self._draw(stack)
                self._drawn[stack] = (now, svg)
        return svg

    def _draw(self, stack: str) -> str:
        main = "from agno_ha.cli import main; main()"
        command = [sys.executable, "-P", "-c", main, "diagram", "--stack", stack]
        deadline = time.monotonic() + _PATIENCE
        with subprocess.Popen(
            command, cwd=self._root, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
        ) as process:
            while True:
                try:
                    svg, problem = process.communicate(timeout=_LOOK)
                    break
                except subprocess.TimeoutExpired:
                    if self._stopping.is_set() or time.monotonic() > deadline:
                        process.kill()
                        raise RefusedError(503, "no_diagram", "The diagram was not drawn in time.") from None
        if process.returncode:
            raise RefusedError(422, "no_diagram", problem.strip() or "The diagram can't be drawn.")
        return svg
