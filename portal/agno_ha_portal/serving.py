"""Starting the portal."""

from __future__ import annotations

import signal
import socket
from collections.abc import Callable
from contextlib import closing, suppress
from pathlib import Path
from typing import Any

import uvicorn
from agno_ha.configuration import ConfigurationError, Problem
from agno_ha.operations.operations import Operations
from fastapi import FastAPI
from pydantic import ValidationError

from agno_ha_portal.app import create
from agno_ha_portal.portal import Portal
from agno_ha_portal.roles import Role
from agno_ha_portal.settings import Settings
from agno_ha_portal.tokens import TokenError, Tokens


class Server(uvicorn.Server):
    """The portal's server; one that stops does not wait for who follows an operation, nor for diagrams."""

    def __init__(self, app: FastAPI, **options: Any) -> None:
        super().__init__(
            uvicorn.Config(
                app, proxy_headers=False, server_header=False, ws="none", timeout_graceful_shutdown=5, **options
            )
        )  # fmt: skip
        self._portal: Portal = app.state.portal

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        """Stop."""
        self._portal.stopping.set()
        await super().shutdown(sockets)


def serve(
    root: Path,
    host: str = "127.0.0.1",
    port: int = 8800,
    *,
    database: str | None = None,
    ready: Callable[[str], object] = print,
    **settings: Any,
) -> None:
    """Serve the portal over a project's stacks until SIGINT or SIGTERM; running operations go on.

    Args:
        root: the project's directory.
        host: address to listen on; the default is this machine's own.
        port: port to listen on; 0: any that is free.
        database: URL of the operations' database (`Operations`).
        ready: told the portal's URL, once it can be reached.
        settings: `Settings`, beside those that the environment gives.

    Raises:
        ConfigurationError: a setting is wrong, there is no token yet, or the address can't be had.
    """
    chosen = _settings(root, **settings)
    if not len(Tokens(chosen.tokens_file)) and not chosen.single_sign_on:
        fix = "Make one: agno-ha portal --add-token NAME --role approver"
        message = "nobody could sign in"
        raise ConfigurationError([Problem(chosen.tokens_file.name, "tokens", None, message, fix)])
    with _listening(host, port) as listener, closing(Operations(root, database=database)) as operations:
        signal.signal(signal.SIGTERM, signal.default_int_handler)  # as SIGINT: what is open is closed
        server = Server(create(chosen, operations), log_level="info")
        shown = f"[{host}]" if ":" in host else host
        with suppress(KeyboardInterrupt):  # how the server ends after either
            ready(f"http://{shown}:{listener.getsockname()[1]}")
            server.run([listener])


def _listening(host: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family)
    except OSError as error:
        reason = str(error.strerror).partition(" (")[0].lower()
        fix = "Choose others with --host and --port"
        raise ConfigurationError([Problem("", "address", f"{host}:{port}", reason, fix)]) from None


def add_token(root: Path, name: str, role: str) -> str:
    """Make a token and return it; only its hash is kept.

    Raises:
        ConfigurationError: the name is taken or is no name, or there is no such role.
    """
    if role not in list(Role):
        message, fix = "there is no such role", f"Choose one of {', '.join(Role)}"
        raise ConfigurationError([Problem("", "role", role, message, fix)])
    try:
        return Tokens(_settings(root).tokens_file).add(name, Role(role))
    except TokenError as error:
        raise _about(name, error) from None


def remove_token(root: Path, name: str) -> None:
    """Remove a token; it, and the sessions that it opened, are refused at once.

    Raises:
        ConfigurationError: there is none of that name.
    """
    try:
        Tokens(_settings(root).tokens_file).remove(name)
    except TokenError as error:
        raise _about(name, error) from None


def _about(name: str, error: TokenError) -> ConfigurationError:
    message, _, fix = str(error).removesuffix(".").partition(". ")
    return ConfigurationError([Problem("", "token", name, message, fix or "See docs/portal.md")])


def _settings(root: Path, **settings: Any) -> Settings:
    try:
        return Settings(root=root, **settings)
    except ValidationError as error:
        raise ConfigurationError(
            Problem(
                "", f"AGNO_HA_PORTAL_{str(each['loc'][0]).upper()}", None, each["msg"], "See docs/portal.md"
            )
            for each in error.errors(include_input=False, include_context=False)
        ) from None
