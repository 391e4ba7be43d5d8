"""What happens, for a person at a terminal or in a log: a line for each resource with its time; then the tables."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rich.markup import escape
from rich.progress import Progress, SpinnerColumn, TaskID, TextColumn, TimeElapsedColumn
from rich.table import Table

from agno_ha.cli.console import console, quiet, say
from agno_ha.operations.model import Body, Diagnostic, Finding, Outputs, Step
from agno_ha.operations.model import Progress as Doing
from agno_ha.topology.units import mib_text, size_text

_COLORS = {"create": "green", "update": "yellow", "replace": "red", "delete": "red"}
_NO_CHANGE = ("same", "read", "refresh", "create-replacement", "delete-replaced")
"""The last two are the halves of a replacement, which is told once."""
_WIDTH = 24
"""Characters of a bar."""


class Reporter:
    """Tells of an operation as it happens, and keeps what the tables need; use as a context manager."""

    def __init__(self) -> None:
        self.steps: list[Step] = []
        self.findings: list[Finding] = []
        self.outputs: dict[str, Any] = {}
        self._live = Progress(
            SpinnerColumn(finished_text="[green]✓[/green]"), TextColumn("{task.description}"), TimeElapsedColumn(),
            console=console,
        )  # fmt: skip
        self._tasks: dict[str, TaskID] = {}

    def __enter__(self) -> Reporter:
        if console.is_terminal:
            quiet()  # the status line would write over this
            self._live.start()
        return self

    def __exit__(self, *_: object) -> None:
        if console.is_terminal:
            self._live.stop()

    def see(self, body: Body) -> None:
        """Take one thing that happened."""
        if isinstance(body, Doing):
            say(body.message)
        elif isinstance(body, Step):
            self._step(body)
        elif isinstance(body, Finding):
            self.findings.append(body)
            color = "red" if body.level == "mandatory" else "yellow"
            console.print(f"[{color}]policy {body.policy}[/{color}]: {escape(body.message)}", soft_wrap=True)
        elif isinstance(body, Diagnostic) and body.severity == "warning":
            say(f"warning: {body.message}")
        elif isinstance(body, Outputs):
            self.outputs = dict(body.values)

    @property
    def changes(self) -> list[Step]:
        """What is planned to become another."""
        return [step for step in self.steps if step.status == "planned" and step.op not in _NO_CHANGE]

    def _step(self, step: Step) -> None:
        self.steps.append(step)
        words = f"{step.op.replace('-', ' ')} {step.resource}"
        if step.op == "same" or step.status == "planned":
            return
        if not console.is_terminal:
            if step.status != "done":
                say(words + " FAILED" * (step.status == "failed"))
            return
        task = self._tasks.setdefault(step.urn, self._live.add_task(escape(words), total=1))
        if step.status == "failed":
            self._live.update(task, description=f"[red]{escape(words)}: failed[/red]")
            self._live.stop_task(task)
        elif step.status == "done":
            self._live.update(task, completed=1)


def changes(steps: list[Step]) -> Table:
    """Return the table of what changes."""
    table = Table("Change", "Resource", "Properties", title="Changes", title_justify="left")
    for step in steps:
        color = _COLORS.get(step.op.split("-")[0], "cyan")
        table.add_row(
            f"[{color}]{step.op}[/{color}]", escape(step.resource), escape(", ".join(step.properties))
        )
    return table


def capacity(facts: Mapping[str, Any]) -> Table:
    """Return the picture of a stack's capacity facts: what is needed at the peak, of what there is."""
    table = Table("Capacity", "Needed", "Of", "", title="At the peak", title_justify="left")
    connections = facts["connectionsNeeded"], facts["connectionsUsable"]
    table.add_row("connections of Postgres", *map(str, connections), bar(*connections))
    for key, name in (("app", "an instance"), ("postgres", "Postgres"), ("redis", "Redis")):
        needed, limit = facts[f"{key}MemoryNeeded"], facts[f"{key}Memory"]
        if limit:  # of a server that somebody else runs nobody here knows
            table.add_row(f"memory of {name}", mib_text(needed), size_text(limit), bar(needed, limit))
    count = f"{facts['min']} to {facts['max']}" if facts["autoscaled"] else str(facts["min"])
    table.add_row(
        "instances", count, f"{facts['largestSafeMax']} would hold", f"{facts['surge']} more while rolling"
    )
    return table


def bar(needed: float, limit: float) -> str:
    """Return a bar of how much is needed, in rich's markup.

    >>> bar(1, 4)
    '[green]██████[/green]░░░░░░░░░░░░░░░░░░ 25%'
    """
    share = min(1.0, needed / limit)
    filled = round(share * _WIDTH)
    color = "green" if share < 0.7 else "yellow" if share < 0.9 else "red"
    return f"[{color}]{'█' * filled}[/{color}]{'░' * (_WIDTH - filled)} {needed / limit:.0%}"
