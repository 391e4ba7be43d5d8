"""Build contexts: what goes into an image, and the hash that names it.

The hash is over names, contents and the executable bit: the same tree has the same tag on every machine.
What a machine adds of its own (package sources, CA certificates) changes nothing.
"""

from __future__ import annotations

import hashlib
import io
import tarfile
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import IO

import docker.utils.build

import agno_ha

_CACHES = "__pycache__ *.pyc .venv venv .git .agno-ha node_modules .DS_Store .hypothesis .*_cache"
_SECRETS = ".env .env.* *.key id_rsa id_ed25519 .ssh .aws .netrc .pypirc .docker"
NEVER_COPIED = [f"**/{name}" for name in f"{_CACHES} {_SECRETS}".split()]
"""Caches, and files that hold secrets, in `.dockerignore` syntax; a user's own `.dockerignore` adds to it."""

_APP = ["Dockerfile", "amazon-rds.crt", "requirements.lock", "agno_ha_image"]


class ImageError(Exception):
    """An image cannot be had: a user's or a machine's problem, told in one line and never as a traceback."""

    def __init__(self, what: str, why: str, fix: str) -> None:
        super().__init__(f"{what}: {why}. {fix}.")
        self.what, self.why, self.fix = what, why, fix


@dataclass(frozen=True)
class Context:
    """What one image is built from."""

    name: str
    """The repository, such as `agno-ha/app`."""

    files: Mapping[str, Path | bytes | None]
    """Content by path inside the context; None is a directory."""

    base: str = ""
    """The image that it is built on; part of the hash."""

    host: Mapping[str, bytes] = field(default_factory=dict)
    """Further files, this machine's own; not part of the hash."""

    @cached_property
    def digest(self) -> str:
        """Hash of the content, 16 hexadecimal digits."""
        total = hashlib.sha256(self.base.encode())
        for path, part in self.parts.items():
            total.update(f"\0{path}\0{part}".encode(errors="surrogateescape"))
        return total.hexdigest()[:16]

    @cached_property
    def parts(self) -> dict[str, str]:
        """Mode and hash of the content by path, sorted."""
        read = ((path, _read(source)) for path, source in sorted(self.files.items()))
        return {path: f"{mode:o}\0{hashlib.sha256(content).hexdigest()}" for path, (content, mode) in read}

    def reference(self, registry: str | None = None) -> str:
        """Name and tag, in the registry where there is one.

        >>> Context("agno-ha/redis", {}).reference("registry.example.com/team")
        'registry.example.com/team/agno-ha/redis:e3b0c44298fc1c14'
        """
        return "/".join(filter(None, [(registry or "").rstrip("/"), f"{self.name}:{self.digest}"]))

    @property
    def arguments(self) -> set[str]:
        """Names of the Dockerfile's build arguments."""
        content, _ = _read(self.files["Dockerfile"])
        words = (line.split() for line in content.decode().splitlines())
        return {word[1].partition("=")[0] for word in words if len(word) > 1 and word[0].upper() == "ARG"}

    def write(self, archive: IO[bytes]) -> None:
        """Write the context as a tar archive, owned by root and without times."""
        with tarfile.open(fileobj=archive, mode="w") as tar:
            for path, source in sorted({**self.files, **self.host}.items()):
                content, mode = _read(source)
                entry = tarfile.TarInfo(path)
                entry.mode, entry.size = mode, len(content)
                if source is None:
                    entry.type = tarfile.DIRTYPE
                tar.addfile(entry, io.BytesIO(content))


def store(name: str, base: str) -> Context:
    """The context of an image in `image/stores`: `postgres`, `redis`, `nginx`, `pgbouncer` or `base`."""
    directory = recipes() / "stores" / name
    return Context(
        f"agno-ha/{name}", {path.name: path for path in directory.iterdir() if path.is_file()}, base
    )


def app(directory: Path | None, base: str) -> Context:
    """The context of the app's image: the default image's files, and the user's directory as `agents/`.

    Raises:
        ImageError: the directory is missing, holds no Python module, or links to files outside itself.
    """
    files: dict[str, Path | bytes | None] = {"agents": None}
    for name in _APP:
        path = recipes() / name
        if path.is_dir():
            files |= _tree(path, name)
        elif path.exists():
            files[name] = path
    if directory is not None:
        files |= _agents(directory)
    return Context("agno-ha/app", files, base)


def recipes() -> Path:
    """The Dockerfiles: `image/` of a checkout, or the copy inside an installed package."""
    package = Path(agno_ha.__file__).parent
    checkout = package.parents[1] / "image"
    return checkout if (checkout / "stores").is_dir() else package / "_image"


def _agents(directory: Path) -> dict[str, Path | bytes | None]:
    what, fix = (
        f"topology.app.build = {directory}",
        "Name a directory with a Python module and its requirements.txt",
    )
    if not directory.is_dir():
        raise ImageError(what, "no such directory", fix)
    files = _tree(directory, "agents")
    if not any(path.endswith(".py") for path in files):
        raise ImageError(what, "holds no Python module", fix)
    return files


def _tree(root: Path, prefix: str) -> dict[str, Path | bytes | None]:
    ignore = root / ".dockerignore"
    patterns = ignore.read_text().splitlines() if ignore.is_file() else []
    patterns = [line.strip() for line in patterns if line.strip() and not line.startswith("#")]
    files: dict[str, Path | bytes | None] = {}
    # After the user's lines, so that no `!.env` brings a secret back.
    for name in docker.utils.build.exclude_paths(root, [*patterns, *NEVER_COPIED]):
        path = root / name
        if wrong := _unfit(path, root):
            raise ImageError(str(path), wrong, "Copy what it stands for, or list it in .dockerignore")
        files[f"{prefix}/{name}"] = None if path.is_dir() else path
    return files


def _unfit(path: Path, root: Path) -> str | None:
    if not path.resolve().is_relative_to(root.resolve()):
        return "links to a file outside its directory"
    if path.is_symlink() and path.is_dir():
        return "is a link to a directory"
    return None if path.is_file() or path.is_dir() else "is neither a file nor a directory"


def _read(source: Path | bytes | None) -> tuple[bytes, int]:
    """Content and mode; only the executable bit of a mode means anything on another machine."""
    if source is None:
        return b"", 0o755
    try:
        content = source if isinstance(source, bytes) else source.read_bytes()
    except OSError as error:
        raise ImageError(str(source), error.strerror or "cannot be read", "Make it readable") from None
    executable = content.startswith(b"#!") or (
        isinstance(source, Path) and bool(source.stat().st_mode & 0o100)
    )
    return content, 0o755 if executable else 0o644
