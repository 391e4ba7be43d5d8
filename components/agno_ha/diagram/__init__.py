"""The topology drawn from a stack's offline plan: what is registered, how many, and what limits it."""

from __future__ import annotations

from agno_ha.diagram.mermaid import mermaid
from agno_ha.diagram.svg import svg

__all__ = ["mermaid", "svg"]
