"""What every command shares: the app, how it speaks, and how it ends."""

from __future__ import annotations

import json
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.status import Status

from agno_ha.configuration import ConfigurationError
from agno_ha.operations.workspace import Workspace, root_of, stacks

app = typer.Typer(
    name="agno-ha", help="A highly available Agno, from one topology file.", no_args_is_help=True,
    pretty_exceptions_enable=False,
)  # fmt: skip
console = Console(stderr=True, highlight=False)
"""For people; what a program reads goes to the standard output."""
_status = Status("", console=console)


class Exit(IntEnum):
    """How a command ends; docs/commands.md has the same table."""

    DONE = 0
    """Done, and nothing is wrong."""
    FOUND = 1
    """It ran, and what it looked for is not well: a mandatory finding, drift, something down or missing; or no yes."""
    ERROR = 2
    """It could not be done; the text says why, and what to do. What ran before still runs."""
    REFUSED = 3
    """Not now: another operation works on the stack, or what was previewed is not what is there any more."""
    INTERRUPTED = 130
    """Ctrl-C; the same command again goes on."""


def _stacks(incomplete: str) -> list[str]:
    """Return the names of the project's stacks, for the shell."""
    with suppress(ConfigurationError):
        return [name for name in stacks(root_of(Path.cwd())) if name.startswith(incomplete)]
    return []


StackName = Annotated[
    str,
    typer.Option("--stack", "-s", help="The stack, as in Pulumi.<stack>.yaml.", autocompletion=_stacks),
]
AsJson = Annotated[bool, typer.Option("--json", help="The result as JSON on the standard output.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")]


def workspace_of(stack: str) -> Workspace:
    """Return the project that the working directory is in, with one of its stacks.

    Raises:
        ConfigurationError: there is no project, or no such stack.
    """
    found = Workspace(root_of(Path.cwd()), stack)
    found.config()
    return found


def give(value: Any, text: str, *, as_json: bool) -> None:
    """Write a command's result: as JSON, or as text for a person."""
    typer.echo(json.dumps(value, indent=2, default=str) if as_json else text)


def sure(question: str, stack: str, *, yes: bool) -> None:
    """Let the stack's name be typed before something is lost.

    Raises:
        typer.Exit: it was not.
    """
    if yes:
        return
    quiet()  # the status line would write over the question
    try:
        typed = typer.prompt(f"{question}. Type its name to go on", default="", show_default=False, err=True)
    except typer.Abort:  # nobody is there
        typed = ""
    if typed != stack:
        console.print("Nothing was deleted or changed.")
        raise typer.Exit(Exit.FOUND)


def called() -> str:
    """Return how this program is called again: by its name where a shell finds it, else as it was called now."""
    path = sys.argv[0]
    return path if Path(path).name == "agno-ha" and shutil.which("agno-ha") != path else "agno-ha"


def quiet() -> None:
    """End the status line; what comes next draws itself."""
    _status.stop()


def say(line: str) -> None:
    """Tell of a step."""
    console.print(f"[dim]·[/dim] {escape(line)}", soft_wrap=True)


def detail(line: str) -> None:
    """Tell of a line of a build or a download: overwritten where somebody looks on; a log gets them all."""
    if console.is_terminal:
        _status.update(escape(line[: console.width - 4]))
    else:
        say(line)


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Say in words that a path can't be written."""
    from agno_ha.operations.errors import OperationError

    try:
        yield
    except OSError as error:
        where = error.filename or path
        raise OperationError(f"{where}: {error.strerror}. Give --out a path that can be written.") from None


@contextmanager
def friendly() -> Iterator[None]:
    """Turn what a person can mend into its own words and an exit code; everything else is a defect of ours."""
    from agno_ha.operations.errors import PolicyError, mendable
    from agno_ha.operations.model import OperationRefusedError

    try:
        with _status:
            yield
    except OperationRefusedError as error:
        console.print(f"[red]refused[/red]: {escape(str(error))}")
        raise typer.Exit(Exit.FOUND if error.code == "has_violations" else Exit.REFUSED) from None
    except mendable() as error:
        console.print(f"[red]error[/red]: {escape(str(error))}")
        raise typer.Exit(Exit.FOUND if isinstance(error, PolicyError) else Exit.ERROR) from None
    except KeyboardInterrupt:
        console.print("Interrupted. Run the same command again to go on.")
        raise typer.Exit(Exit.INTERRUPTED) from None
