"""Every kind of the target, by room: how it is created, and how AWS gives it back."""

from __future__ import annotations

from . import front, stores, tasks, vpc, watch
from .cloud import Create, Read

_ROOMS = (vpc, front, tasks, stores, watch)
CREATE: dict[str, Create] = {kind: create for room in _ROOMS for kind, create in room.CREATE.items()}
"""Type token → its calls."""
READ: dict[str, Read] = {operation: read for room in _ROOMS for operation, read in room.READ.items()}
"""Operation → the object as the API gives it back, under the names of the request."""
