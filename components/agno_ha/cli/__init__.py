"""`agno-ha`: the command line over the operations, one room a group of commands; each imports what it needs itself."""

from __future__ import annotations

from agno_ha.cli import data, documents, lifecycle, portal, watch
from agno_ha.cli.console import app

__all__ = ["app", "data", "documents", "lifecycle", "main", "portal", "watch"]


def main() -> None:
    """Run the command line."""
    app()
