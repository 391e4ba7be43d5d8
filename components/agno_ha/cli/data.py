"""What the stores hold, and what opens them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Annotated

import typer

from agno_ha.cli import lifecycle
from agno_ha.cli.console import AsJson, StackName, Yes, app, friendly, give, say, sure, workspace_of


@app.command()
def backup(
    stack: StackName = "dev",
    out: Annotated[Path | None, typer.Option(help="New directory. Default: one in .agno-ha/backups.")] = None,
    as_json: AsJson = False,
) -> None:
    """Write what Postgres and Redis hold to files, while they work; checked by digests, readable by you alone."""
    from agno_ha.operations.stores import backup as work

    with friendly():
        path, made = work.backup(workspace_of(stack), out, say)
    lines = [f"{name}: {it.bytes} bytes, version {it.server}" for name, it in sorted(made.stores.items())]
    result = {"directory": str(path), **made.model_dump(mode="json")}
    give(result, "\n".join([f"Backup of {stack} in {path}", *lines]), as_json=as_json)


@app.command()
def restore(
    directory: Annotated[Path, typer.Argument(help="A directory that backup made.")],
    stack: StackName = "dev",
    yes: Yes = False,
    as_json: AsJson = False,
) -> None:
    """Put a backup in the place of what the stack's stores hold; meanwhile it answers 503 with Retry-After."""
    from agno_ha.operations.stores import restore as work

    with friendly():
        workspace = workspace_of(stack)
        replaced = work.sessions(workspace)
        # Always: there is more to lose than Postgres' sessions, and those may be in Redis.
        counted = f", {replaced} sessions in Postgres among it" if replaced else ""
        sure(f"This replaces all data of stack {stack}{counted}", stack, yes=yes)
        work.restore(workspace, directory, say)
    result = {"stack": stack, "directory": str(directory), "replacedSessions": replaced}
    give(result, f"Restored {directory} into {stack}.", as_json=as_json)


@app.command()
def rotate(stack: StackName = "dev", yes: Yes = False, as_json: AsJson = False) -> None:
    """Change the stores' passwords and the API key; meanwhile 401, or 503 with Retry-After, and nothing is lost."""
    from agno_ha.operations.stores import rotation

    with friendly():
        workspace = workspace_of(stack)
        sure(f"This changes the API key of stack {stack}: clients need the new one", stack, yes=yes)
        names = rotation.rotate(workspace, say, lambda: lifecycle.deploy(workspace, yes=True))
        key = str(workspace.security_key_file)
    give(
        {"stack": stack, "rotated": names, "keyFile": key},
        f"Changed: {', '.join(names) or 'the given passwords'}. The new API key is in {key}",
        as_json=as_json,
    )


@app.command(context_settings={"allow_extra_args": True, "ignore_unknown_options": True})
def psql(context: typer.Context, stack: StackName = "dev") -> None:
    """Open psql in the stack's Postgres, as its superuser; what follows is given to psql."""
    from agno_ha.operations import reach
    from agno_ha.servers import ADMINISTRATOR

    with friendly():
        workspace = workspace_of(stack)
        database = reach.read(workspace).topology.postgres.database
        program = ["psql", "-U", ADMINISTRATOR, "-d", database, *context.args]
        command = reach.of(workspace).inside("postgres", *program, terminal=os.isatty(0) and os.isatty(1))
    os.execvp(command[0], command)  # noqa: S606 - it takes this process' place, signals and exit code included
