"""Tokens: shown once, kept as SHA-256 (they are 256 random bits, which need no slow hash)."""

from __future__ import annotations

import fcntl
import hashlib
import json
import re
import secrets
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from pydantic import BaseModel, TypeAdapter

from agno_ha_portal.files import replace
from agno_ha_portal.roles import Role

PREFIX = "agnoha_"
"""What a token begins with, so that scanners for leaked secrets know it."""

_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._@-]{0,63}")


class Token(BaseModel):
    """What is kept of a token."""

    name: str
    role: Role
    sha256: str
    created: datetime


_FILE = TypeAdapter(list[Token])


class TokenError(Exception):
    """A mistake in a token's name, or in the file; the text says which."""


class Tokens:
    """The tokens of a file, which is read whenever it changed: a removed one is refused at once."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._read_at: tuple[int, int] | None = None
        self._tokens: dict[str, Token] = {}

    def add(self, name: str, role: Role) -> str:
        """Make a token and return it; it can't be had again.

        Raises:
            TokenError: the name is taken or is no name.
        """
        if not _NAME.fullmatch(name):
            raise TokenError("it is no name for a token. Use letters, digits and . _ @ - only, up to 64.")
        token = PREFIX + secrets.token_urlsafe(32)
        with self._changing() as tokens:
            if any(each.name == name for each in tokens):
                raise TokenError("there is a token of that name. Remove it first, or choose another name.")
            tokens.append(Token(name=name, role=role, sha256=_hash(token), created=datetime.now(UTC)))
        return token

    def remove(self, name: str) -> None:
        """Forget a token, and with it the sessions that it opened.

        Raises:
            TokenError: there is none of that name.
        """
        with self._changing() as tokens:
            kept = [each for each in tokens if each.name != name]
            if len(kept) == len(tokens):
                raise TokenError("there is no such token.")
            tokens[:] = kept

    def find(self, token: str) -> Token | None:
        """Return what is known of a token that somebody shows."""
        return self._current().get(_hash(token))

    def still(self, digest: str) -> Token | None:
        """Return the token of that hash while it is not removed."""
        return self._current().get(digest)

    def __len__(self) -> int:
        return len(self._current())

    def _current(self) -> dict[str, Token]:
        try:
            status = self._path.stat()
        except FileNotFoundError:
            return {}
        at = (status.st_mtime_ns, status.st_ino)
        if at != self._read_at:
            self._tokens = {each.sha256: each for each in self._load()}
            self._read_at = at
        return self._tokens

    def _load(self) -> list[Token]:
        try:
            return _FILE.validate_json(self._path.read_bytes())
        except FileNotFoundError:
            return []
        except ValueError:
            raise TokenError(
                f"{self._path.name} is damaged. Restore it, or delete it and make new tokens."
            ) from None

    @contextmanager
    def _changing(self) -> Iterator[list[Token]]:
        self._path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        with self._path.with_suffix(".lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            tokens = self._load()
            yield tokens
            replace(
                self._path, json.dumps([each.model_dump(mode="json") for each in tokens], indent=2) + "\n"
            )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
