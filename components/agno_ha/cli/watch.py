"""How a stack is, what it logs, and what this machine lacks for it."""

from __future__ import annotations

import os
from typing import Annotated

import typer
from rich.markup import escape
from rich.table import Table

from agno_ha.cli.console import AsJson, Exit, StackName, app, console, friendly, give, workspace_of


@app.command()
def status(stack: StackName = "dev", as_json: AsJson = False) -> None:
    """Show what runs of what is wanted, which version, whether it answers, and what it can bear.

    Exit code 1: something is down.
    """
    from agno_ha.cli import reporting
    from agno_ha.operations import checks
    from agno_ha.operations import status as looking
    from agno_ha.service import TYPE

    with friendly():
        workspace = workspace_of(stack)
        found = looking.of(workspace)
        facts = dict(checks.plan(workspace).of_type(TYPE)[0].inputs)
    table = Table("Service", "Running", "Image", "Problem", title=f"Stack {stack}", title_justify="left")
    for row in found.services:
        color = "green" if row.running >= row.wanted and not row.problem else "red"
        running = f"[{color}]{row.running} of {row.wanted}[/{color}]"
        table.add_row(row.room, running, escape(row.image[:48]), escape(row.problem))
    console.print(table if found.services else f"Nothing of stack {stack} runs.")
    console.print(reporting.capacity(facts))
    answer = {None: "not asked from here", True: "ready", False: "does not answer"}[found.ready]
    give(
        {**found.model_dump(), "well": found.well, "facts": facts},
        f"{found.url or stack}: {answer}",
        as_json=as_json,
    )
    if not found.well:
        raise typer.Exit(Exit.FOUND)


@app.command()
def logs(
    room: Annotated[str, typer.Argument(help="web, scheduler, nginx, postgres, redis or pgbouncer.")] = "web",
    stack: StackName = "dev",
    follow: Annotated[bool, typer.Option("--follow", "-f", help="Go on as they come.")] = False,
    tail: Annotated[int, typer.Option(min=0, help="Last lines of each container.")] = 100,
) -> None:
    """Show what the containers of one room log."""
    from agno_ha.operations import reach

    with friendly():
        command = reach.of(workspace_of(stack)).logs(room, follow=follow, tail=tail)
    os.execvp(command[0], command)  # noqa: S606 - it takes this process' place, signals and exit code included


@app.command()
def doctor(stack: StackName = "dev", as_json: AsJson = False) -> None:
    """Look for everything that the stack needs on this machine, and say how to get what is missing.

    Exit code 1: something needed is missing.
    """
    from agno_ha.operations import doctor as examining

    with friendly():
        findings = examining.examine(workspace_of(stack))
    table = Table("", "What", "", title=f"Stack {stack}", title_justify="left")
    for it in findings:
        mark = "[green]✓[/green]" if it.ok else "[red]✗[/red]" if it.needed else "[yellow]![/yellow]"
        table.add_row(mark, it.what, escape(it.says))
    console.print(table)
    missing = [it.what for it in findings if it.needed and not it.ok]
    text = f"Missing: {', '.join(missing)}." if missing else "Nothing needed is missing."
    give({"stack": stack, "findings": [it.model_dump() for it in findings]}, text, as_json=as_json)
    if missing:
        raise typer.Exit(Exit.FOUND)
