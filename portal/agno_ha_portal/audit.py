"""The audit log: one JSON object a line, only ever appended, readable by its owner."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel

from agno_ha_portal.roles import Principal


class Entry(BaseModel):
    """One change, or one refusal."""

    time: datetime
    who: str
    """Name of the token or the person; empty where nobody was recognised."""
    role: str = ""
    via: str = ""
    address: str = ""
    action: str
    """What was asked for: `sign in`, `preview`, `up`, `approve`, `configure`, ..."""
    stack: str = ""
    operation: str = ""
    outcome: Literal["done", "refused"]
    code: str = ""
    """Why it was refused, as in the API's answer."""
    changed: tuple[str, ...] = ()
    """A changed configuration: the settings' paths, never their values."""


class Audit:
    """Appends to the log, and reads its end."""

    def __init__(self, path: Path) -> None:
        self._path = path

    def write(self, who: Principal | None, action: str, *, address: str = "", **more: Any) -> None:
        """Append an entry; it is on the disk when this returns."""
        entry = Entry(
            time=datetime.now(UTC), who=who.name if who else "", role=who.role if who else "",
            via=who.via if who else "", address=who.address if who else address, action=action, **more,
        )  # fmt: skip
        line = entry.model_dump_json(exclude_defaults=True) + "\n"
        descriptor = os.open(self._path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            os.write(descriptor, line.encode())  # one write: lines of two processes do not mix
            os.fsync(descriptor)
        finally:
            os.close(descriptor)

    def last(self, limit: int) -> list[Entry]:
        """Return the newest entries, newest first."""
        return list(self._entries())[-limit:][::-1]

    def _entries(self) -> Iterator[Entry]:
        if not self._path.exists():
            return
        with self._path.open(encoding="utf-8") as file:
            for line in file:
                yield Entry.model_validate(json.loads(line))
