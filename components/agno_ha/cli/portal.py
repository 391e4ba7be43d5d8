"""The portal: started here, and its tokens made and removed."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from agno_ha.cli.console import app, friendly, say
from agno_ha.configuration import ConfigurationError, Problem
from agno_ha.operations.workspace import root_of


@app.command()
def portal(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[
        int, typer.Option(help="Port to listen on; 0: any that is free.", min=0, max=65535)
    ] = 8800,
    add_token: Annotated[
        str, typer.Option(metavar="NAME", help="Make a token, print it once, and end.")
    ] = "",
    role: Annotated[str, typer.Option(help="Of that token: viewer, operator or approver.")] = "viewer",
    remove_token: Annotated[str, typer.Option(metavar="NAME", help="Remove a token, and end.")] = "",
) -> None:
    """Serve the portal over this project's stacks; AGNO_HA_PORTAL_... settings are in docs/portal.md."""
    try:
        import agno_ha_portal
    except ModuleNotFoundError as error:
        if (error.name or "").startswith("agno_ha"):
            raise
        fix = (
            "Install the portal's extra: scripts/environment --extra portal, or where agno-ha is a dependency "
            "pip install 'agno-ha[portal]'"
        )
        with friendly():
            message = f"the package {error.name} is not installed"
            raise ConfigurationError([Problem("", "portal", None, message, fix)]) from None
    with friendly():
        root = root_of(Path.cwd())
        if add_token:
            typer.echo(agno_ha_portal.add_token(root, add_token, role))
        elif remove_token:
            agno_ha_portal.remove_token(root, remove_token)
        else:
            agno_ha_portal.serve(root, host, port, ready=_ready)


def _ready(url: str) -> None:
    say(f"The portal is at {url}; Ctrl-C ends it, and running operations go on")
