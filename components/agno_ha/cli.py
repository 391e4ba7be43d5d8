"""`agno-ha`: the command line over the operations; those of the Docker target are imported by their commands alone."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.markup import escape
from rich.status import Status

from agno_ha.configuration import ConfigurationError, Problem
from agno_ha.offline import ProgramError
from agno_ha.operations import checks, rendering, workspace

app = typer.Typer(
    name="agno-ha", help="A highly available Agno, from one topology file.", no_args_is_help=True,
    pretty_exceptions_enable=False,
)  # fmt: skip
console = Console(stderr=True, highlight=False)
_status = Status("", console=console)
StackName = Annotated[str, typer.Option("--stack", "-s", help="The stack, as in Pulumi.<stack>.yaml.")]


@app.command()
def setup(stack: StackName = "dev") -> None:
    """Prepare what the stack needs: the Docker engine, its Swarm, and the images."""
    with _friendly():
        chosen = _on_docker(stack)
        from agno_ha.operations import quickstart

        quickstart.prepare(chosen, _say, _detail)


@app.command()
def up(stack: StackName = "dev") -> None:
    """Bring the stack up, or update it, and print how to talk to it."""
    with _friendly():
        chosen = _on_docker(stack)
        from agno_ha.operations import quickstart

        summary = quickstart.up(chosen, _say, _detail)
    typer.echo(summary)


@app.command()
def down(
    stack: StackName = "dev",
    data: Annotated[bool, typer.Option("--data", help="Delete the data and its secrets too.")] = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before data is deleted.")] = False,
) -> None:
    """Take the stack down; its data and the secrets that open it stay, unless --data is given."""
    if data and not yes:
        question = f"This deletes all data of stack {stack}. Type its name to go on"
        if typer.prompt(question, default="", show_default=False) != stack:
            console.print("Nothing was deleted.")
            raise typer.Exit(1)
    with _friendly():
        chosen = _on_docker(stack)
        from agno_ha.operations import quickstart

        quickstart.down(chosen, _say, data=data)


@app.command()
def recover(stack: StackName = "dev") -> None:
    """After an interrupted pulumi: make its state true again and remove what no state knows. Deploys nothing."""
    with _friendly():
        chosen = _on_docker(stack)
        from agno_ha.operations import recovery

        recovery.recover(chosen, _say)
    typer.echo(f"Recovered. Now bring the stack up (agno-ha up --stack {stack}) or take it down.")


@app.command()
def render(
    out: Annotated[Path, typer.Option(help="Directory for the files.")],
    stack: StackName = "dev",
) -> None:
    """Write the stack as files for `docker stack deploy`, or as manifests for GitOps; secrets are only named."""
    with _friendly():
        typer.echo("\n".join(rendering.files(_workspace(stack), out)))


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
) -> None:
    """Check the stack's plan against the policies: no engine, no credentials, no state.

    Exit code 1: a mandatory finding; 2: it could not be checked.
    """
    with _friendly():
        if file is None:
            report, failed = checks.of_stack(_workspace(stack), style)
        else:
            report, failed = checks.of_file(_root(), file, style)
    typer.echo(report)
    if failed:
        raise typer.Exit(1)


def _root() -> Path:
    try:
        return workspace.root_of(Path.cwd())
    except ConfigurationError:
        return Path.cwd()  # a file of any project may be checked


def _workspace(stack: str) -> workspace.Workspace:
    return workspace.Workspace(workspace.root_of(Path.cwd()), stack)


def _on_docker(stack: str) -> workspace.Workspace:
    """Return the workspace of a stack of the Docker target, which alone these commands bring up and take down."""
    found = _workspace(stack)
    target = found.values().get("target") if (found.root / f"Pulumi.{stack}.yaml").exists() else None
    if target not in (None, "docker"):
        message = "this command is for the Docker target"
        fix = f"Use `pulumi up --stack {stack} --policy-pack policies` and `pulumi destroy`"
        raise ConfigurationError(
            [Problem(f"Pulumi.{stack}.yaml", "agno-ha:target", str(target), message, fix)]
        )
    return found


def _say(line: str) -> None:
    console.print(f"[dim]·[/dim] {escape(line)}", soft_wrap=True)


def _detail(line: str) -> None:
    # A line that is overwritten where somebody looks on; a log gets them all.
    if console.is_terminal:
        _status.update(escape(line[: console.width - 4]))
    else:
        _say(line)


@contextmanager
def _friendly() -> Iterator[None]:
    """Turn what a person can mend into its own words and an exit code; everything else is a defect of ours."""
    try:
        with _status:
            yield
    except _mendable() as error:
        console.print(f"[red]error[/red]: {escape(str(error))}")
        raise typer.Exit(2) from None
    except KeyboardInterrupt:
        console.print("Interrupted. Run the same command again to go on.")
        raise typer.Exit(130) from None


def _mendable() -> tuple[type[Exception], ...]:
    """Return what a person can mend, the Docker target's errors too where its packages are installed."""
    known: list[type[Exception]] = [ConfigurationError, ProgramError]
    with suppress(ModuleNotFoundError):
        from agno_ha.operations.swarm import OperationError
        from agno_ha.targets.docker.images import ImageError

        known += [OperationError, ImageError]
    return tuple(known)


def main() -> None:
    """Run the command line."""
    app()
