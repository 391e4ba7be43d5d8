"""What is written from the offline plan: policy reports, files for GitOps, the diagram. No engine is needed."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from agno_ha.cli.console import AsJson, Exit, StackName, app, friendly, give, say, workspace_of, writing
from agno_ha.configuration import ConfigurationError
from agno_ha.operations import checks, workspace


class Drawing(StrEnum):
    """How a diagram is drawn."""

    SVG = "svg"
    MERMAID = "mermaid"


@app.command()
def check(
    stack: StackName = "dev",
    style: Annotated[
        checks.Format, typer.Option("--format", help="How the report is written.")
    ] = checks.Format.TEXT,
    file: Annotated[
        Path | None,
        typer.Option(help="A saved `pulumi preview --json` or `pulumi stack export` instead of the stack."),
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Check the stack's plan against the policies: no engine, no credentials, no state.

    Exit code 1: a mandatory finding; 2: it could not be checked.
    """
    style = checks.Format.JSON if as_json else style
    with friendly():
        if file is None:
            report, failed = checks.of_stack(workspace_of(stack), style, say)
        else:
            report, failed = checks.of_file(_root(), file, style)
    typer.echo(report)
    if failed:
        raise typer.Exit(Exit.FOUND)


@app.command()
def render(
    out: Annotated[Path, typer.Option(help="Directory for the files.")],
    stack: StackName = "dev",
    as_json: AsJson = False,
) -> None:
    """Write the stack as files for `docker stack deploy`, or as manifests for GitOps; secrets are only named."""
    from agno_ha.operations import rendering

    with friendly(), writing(out):
        said = rendering.files(workspace_of(stack), out)
    give({"file": said[0], "notes": [line.strip() for line in said[1:]]}, "\n".join(said), as_json=as_json)


@app.command()
def diagram(
    stack: StackName = "dev",
    style: Annotated[Drawing, typer.Option("--format", help="How it is drawn.")] = Drawing.SVG,
    out: Annotated[Path | None, typer.Option(help="File. Default: the standard output.")] = None,
) -> None:
    """Draw the topology from the stack's plan."""
    from agno_ha import diagram as drawing

    with friendly():
        plan = checks.plan(workspace_of(stack))
        text = drawing.svg(plan) if style is Drawing.SVG else drawing.mermaid(plan)
        if out is not None:
            with writing(out):
                out.write_text(text)
    typer.echo(text if out is None else str(out), nl=out is not None)


def _root() -> Path:
    try:
        return workspace.root_of(Path.cwd())
    except ConfigurationError:
        return Path.cwd()  # a file of any project may be checked
