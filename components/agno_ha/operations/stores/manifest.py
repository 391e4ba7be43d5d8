"""A backup on disk: a directory (0700) of files (0600), and a manifest that says what is in them and their digests."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO, Literal

from pydantic import BaseModel, ConfigDict, ValidationError

from agno_ha.operations.errors import OperationError
from agno_ha.operations.reach import Reach, stream

NAME = "manifest.json"


class File(BaseModel):
    """One store's data."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    """Its name in the directory."""
    bytes: int
    sha256: str
    server: str
    """The server's version that wrote it, such as `15.14`."""


class Manifest(BaseModel):
    """What a backup holds."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    format: Literal[1] = 1
    stack: str
    target: str
    created: datetime
    """When it was complete, in UTC."""
    agno_ha: str
    """The version that made it."""
    stores: Mapping[str, File]
    """`postgres` and `redis`, as far as they are the stack's own."""

    def write(self, directory: Path) -> None:
        """Write it; the last file of a backup."""
        with created(directory / NAME) as file:
            file.write(self.model_dump_json(indent=2).encode() + b"\n")


def read(directory: Path) -> Manifest:
    """Return a backup's manifest, every file of it checked against its digest.

    Raises:
        OperationError: it is no complete backup, or a file is not what was written.
    """
    path = directory / NAME
    if not path.is_file():
        raise OperationError(
            f"{directory} is no backup: it has no {NAME}. Name a directory that backup made."
        )
    try:
        found = Manifest.model_validate_json(path.read_text())
    except ValidationError:
        raise OperationError(f"{path} cannot be read: it is not a manifest of this version.") from None
    for store, entry in found.stores.items():
        file = directory / Path(entry.file).name
        if not file.is_file() or digest(file) != entry.sha256:
            raise OperationError(f"{file} is not what backup wrote of {store}. Use another backup.")
    return found


def digest(path: Path) -> str:
    """Return a file's SHA-256 in hexadecimal digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def receive(path: Path, reach: Reach, room: str, *program: str, feed: str = "") -> str:
    """Write what a program in a container prints to a new file, and return its digest.

    Args:
        path: the file.
        reach: the way in.
        room: the container's.
        program: the program; on its standard error it gives what `sha256sum` says of what it has sent.
        feed: its standard input.

    Raises:
        OperationError: it failed, or other bytes arrived: `kubectl exec` may lose the end and call that a success.
    """
    with created(path) as sink:
        said = stream(reach, room, *program, feed=feed, sink=sink)
    found = digest(path)
    if f"{found}  -" not in said:
        raise OperationError(
            f"{path.name}: the {path.stat().st_size} bytes that arrived are not what {room} sent. Run backup again."
        )
    return found


@contextmanager
def created(path: Path) -> Iterator[IO[bytes]]:
    """Give a new file that only its owner can read, on disk when `with` ends."""
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        yield file
        file.flush()
        os.fsync(file.fileno())
