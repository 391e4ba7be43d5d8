"""Who asks, and what they may do."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal


class Role(StrEnum):
    """Each may do what the one before may, and more."""

    VIEWER = "viewer"
    """Looks."""
    OPERATOR = "operator"
    """Starts and cancels operations, and changes the configuration."""
    APPROVER = "approver"
    """Approves previews, takes stacks down and deletes them, and reads the audit log."""

    def allows(self, needed: Role) -> bool:
        """Whether this role may do what `needed` may."""
        order = list(Role)
        return order.index(self) >= order.index(needed)


@dataclass(frozen=True)
class Principal:
    """A person or a program that was recognised."""

    name: str
    role: Role
    via: Literal["token", "session", "proxy"]
    address: str = ""
    """Where the request came from."""
