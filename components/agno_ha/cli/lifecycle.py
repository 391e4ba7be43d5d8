"""A stack's life: prepared, planned, brought up, compared with the real world, taken down, made true again."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated, Any

import typer

from agno_ha.cli.console import (
    AsJson,
    Exit,
    StackName,
    Yes,
    app,
    called,
    console,
    detail,
    friendly,
    give,
    quiet,
    say,
    sure,
    workspace_of,
)  # fmt: skip
from agno_ha.operations.workspace import Workspace

if TYPE_CHECKING:
    from agno_ha.cli.reporting import Reporter
    from agno_ha.operations.model import Kind, Operation


@app.command()
def setup(stack: StackName = "dev") -> None:
    """Prepare what a stack on Docker needs: the engine, its Swarm, and the images."""
    with friendly():
        workspace = workspace_of(stack)
        if _on_docker(workspace):
            from agno_ha.operations import quickstart

            quickstart.prepare(workspace, say, detail)
        else:
            say("Nothing to prepare: only a stack on Docker needs this.")


@app.command()
def plan(stack: StackName = "dev", as_json: AsJson = False) -> None:
    """Show what an up would change, what the policies find, and what the stack can bear; changes nothing.

    Exit code 1: a mandatory finding.
    """
    from agno_ha.cli import reporting
    from agno_ha.operations import checks
    from agno_ha.service import TYPE

    with friendly():
        workspace = workspace_of(stack)
        facts = dict(checks.plan(workspace).of_type(TYPE)[0].inputs)
        console.print(reporting.capacity(facts))
        reporter = _preview(workspace)[1] if _has_cli(workspace) else None
        if reporter is None:
            say("Without the Pulumi CLI there is no state to compare with; what the policies find:")
            report, failed = checks.of_stack(
                workspace, checks.Format.JSON if as_json else checks.Format.TEXT, say
            )
            typer.echo(report)
            raise typer.Exit(Exit.FOUND if failed else Exit.DONE)
    result = {
        "stack": stack,
        "changes": [
            step.model_dump(include={"op", "resource", "urn", "properties"}) for step in reporter.changes
        ],
        "findings": [finding.model_dump(exclude={"type"}) for finding in reporter.findings],
        "facts": facts,
    }
    give(result, f"{len(reporter.changes)} resources would change.", as_json=as_json)


@app.command()
def up(stack: StackName = "dev", yes: Yes = False, as_json: AsJson = False) -> None:
    """Preview with the policies, then bring the stack up or update it; outside dev it asks in between."""
    with friendly():
        summary, outputs = deploy(workspace_of(stack), yes=yes)
    give(outputs, summary, as_json=as_json)


@app.command()
def drift(
    stack: StackName = "dev",
    repair: Annotated[
        bool,
        typer.Option("--repair", help="Then bring the stack up, with whatever was edited since."),
    ] = False,
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Show what differs in the real world from the stack's state. Exit code 1: something does."""
    from agno_ha.cli import reporting
    from agno_ha.operations.carrying import carry_out
    from agno_ha.operations.model import Kind

    with friendly():
        workspace = workspace_of(stack)
        with reporting.Reporter() as reporter:
            carry_out(workspace, Kind.DRIFT, reporter.see)
        found = reporter.changes
        if found:
            console.print(reporting.changes(found))
        if found and repair:
            with reporting.Reporter() as reporter:
                carry_out(workspace, Kind.REFRESH, reporter.see)
            deploy(workspace, yes=yes)
    result = {
        "stack": stack,
        "drift": [step.model_dump(include={"op", "resource", "urn", "properties"}) for step in found],
        "repaired": bool(found and repair),
    }
    words = f"{len(found)} resources differ" + (", and were repaired." if repair else ".")
    give(result, words if found else "Nothing differs.", as_json=as_json)
    if found and not repair:
        raise typer.Exit(Exit.FOUND)


@app.command()
def down(
    stack: StackName = "dev",
    data: Annotated[bool, typer.Option("--data", help="Delete the data and its secrets too.")] = False,
    yes: Yes = False,
) -> None:
    """Take the stack down; its data and the secrets that open it stay, unless --data is given."""
    from agno_ha.operations.model import Kind

    with friendly():
        workspace = workspace_of(stack)
        if data:
            sure(f"This deletes all data of stack {stack}", stack, yes=yes)
        cli = _has_cli(workspace)
        if cli:
            _carried_out(workspace, Kind.DESTROY if data else Kind.DOWN)
        if _on_docker(workspace):
            from agno_ha.operations import quickstart

            quickstart.take_down(workspace, say, data=data, cli=cli)
    if data:
        typer.echo(f"Stack {stack} and its data are gone.")
    else:
        typer.echo(
            f"Stack {stack} is down. What holds its data stays, on AWS at its price; "
            f"{called()} down --data --stack {stack} deletes it."
        )


@app.command()
def recover(stack: StackName = "dev") -> None:
    """After an interrupted pulumi: make its state true again and remove what no state knows. Deploys nothing."""
    from agno_ha.operations.model import Kind

    with friendly():
        _carried_out(workspace_of(stack), Kind.RECOVER)
    typer.echo(f"Recovered. Now bring the stack up ({called()} up --stack {stack}) or take it down.")


def deploy(workspace: Workspace, *, yes: bool = False) -> tuple[str, dict[str, Any]]:
    """Bring a stack up, or update it; return what a person does next, and the outputs, secret ones masked."""
    from agno_ha.cli import reporting
    from agno_ha.cli.next_steps import next_steps
    from agno_ha.operations.carrying import approve, carry_out
    from agno_ha.operations.model import Kind

    on_docker, outputs = _on_docker(workspace), {}
    if on_docker:
        from agno_ha.operations import quickstart
        from agno_ha.targets.docker import url

        wanted = quickstart.prepare(workspace, say, detail)
    cli = _has_cli(workspace)
    if cli:
        preview, _ = _preview(workspace)
        _agree(workspace, yes=yes)
        approve(workspace, preview)
        with reporting.Reporter() as reporter:
            carry_out(workspace, Kind.UP, reporter.see, of=preview.id)
        outputs = reporter.outputs
    else:
        quickstart.up_without_cli(workspace, wanted, say)
    if on_docker:
        outputs.setdefault("url", url(wanted.topology))
    summary = next_steps(workspace, outputs, program=called(), cli=cli)
    keys = {"keyFile": str(workspace.security_key_file)} if workspace.security_key_file.exists() else {}
    return summary, {"stack": workspace.stack, **outputs, **keys}


def _preview(workspace: Workspace) -> tuple[Operation, Reporter]:
    """Preview, show what changes, and return the operation and what was told of it."""
    from agno_ha.cli import reporting
    from agno_ha.operations.carrying import carry_out
    from agno_ha.operations.model import Kind

    with reporting.Reporter() as reporter:
        done = carry_out(workspace, Kind.PREVIEW, reporter.see)
    if reporter.changes:
        console.print(reporting.changes(reporter.changes))
    return done, reporter


def _carried_out(workspace: Workspace, kind: Kind) -> None:
    from agno_ha.cli import reporting
    from agno_ha.operations.carrying import carry_out

    with reporting.Reporter() as reporter:
        carry_out(workspace, kind, reporter.see)


def _agree(workspace: Workspace, *, yes: bool) -> None:
    """Ask whether the previewed changes are wanted; a dev stack's always are."""
    if yes or workspace.values().get("environment") == "dev":
        return
    quiet()
    if not (sys.stdin.isatty() and typer.confirm("Carry this out?", err=True)):
        console.print("Nothing was changed. Without a terminal give --yes.")
        raise typer.Exit(Exit.FOUND)


def _has_cli(workspace: Workspace) -> bool:
    """Return whether the Pulumi CLI is the stack's way; without it only Docker has another."""
    if not _on_docker(workspace):
        return True  # and where it is missing the operation says so
    from agno_ha.operations import quickstart

    return quickstart.has_cli(workspace, say)


def _on_docker(workspace: Workspace) -> bool:
    return workspace.values().get("target") in (None, "docker")
