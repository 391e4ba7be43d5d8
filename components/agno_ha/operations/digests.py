"""What a preview saw, so that an up can be refused where anything of it has changed since."""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import secrets
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

import agno_ha_policies

import agno_ha
from agno_ha.configuration import read_yaml
from agno_ha.operations import automation, checks
from agno_ha.operations.workspace import Workspace

Seen = Mapping[str, Mapping[str, str]]
"""Part → thing in it (a file, a variable) → digest."""

_CONFIGURATION = ("Pulumi.yaml", "topology.yaml")
_LOCKS = ("*.lock", "requirements*.txt", "pyproject.toml", "image/*.lock", "image/pyproject.toml")
_OTHERS = {"__pycache__", "node_modules", "site-packages"}
"""Directories that hold nothing a person wrote; hidden ones too."""

_NOISE = {
    "_", "PWD", "OLDPWD", "SHLVL", "TERM", "COLUMNS", "LINES", "COLORTERM", "LS_COLORS", "PS1", "WINDOWID", "DISPLAY",
    "NO_COLOR", "HISTFILE", "MAIL", "LOGNAME", "USER", "PAGER", "EDITOR", "INVOCATION_ID", "JOURNAL_STREAM",
    "AGNO_HA_DATABASE_URL",
}  # fmt: skip
_NOISES = ("SSH_", "XDG_", "DBUS_", "TERM_", "VSCODE_", "TMUX", "PYTEST_", "MAKE", "MFLAGS", "SYSTEMD_")
"""Beginnings of variables that a shell, a terminal or a session sets, and that no program here reads."""


def seen(workspace: Workspace, state: Any) -> dict[str, dict[str, str]]:
    """Return a digest of each thing that decides what an up does.

    Args:
        workspace: the project and its stack.
        state: the exported deployment.
    """
    root = workspace.root
    named = list(_named(workspace))
    return {
        "configuration": dict(_files(root, [f"Pulumi.{workspace.stack}.yaml", *_CONFIGURATION], named)),
        "code": {**dict(_code(workspace)), **_tree(Path(agno_ha.__file__).parent, "agno_ha")},
        "lock": dict(_files(root, [], [path for pattern in _LOCKS for path in root.glob(pattern)])),
        "policies": {
            **_tree(root / checks.PACK, checks.PACK),
            **_tree(Path(agno_ha_policies.__file__).parent, "agno_ha_policies"),
        },
        "state": {"state": _digest(json.dumps(state, sort_keys=True).encode())},
        "environment": dict(_environment(workspace)),
    }


def of_parts(things: Seen) -> dict[str, str]:
    """Return one digest a part."""
    return {part: _digest(json.dumps(found, sort_keys=True).encode()) for part, found in things.items()}


def differences(before: Seen, now: Seen) -> list[str]:
    """Return what differs, as `part (things)`; the most telling three things of each."""
    found = []
    for part in before.keys() | now.keys():
        old, new = before.get(part, {}), now.get(part, {})
        names = sorted(name for name in old.keys() | new.keys() if old.get(name) != new.get(name))
        if names:
            more = f" and {len(names) - 3} more" if len(names) > 3 else ""
            found.append(part if names == [part] else f"{part} ({', '.join(names[:3])}{more})")
    return sorted(found)


def _code(workspace: Workspace) -> Iterator[tuple[str, str]]:
    """Give every module of the project, and everything that an image is built from."""
    root = workspace.root
    for path in _walk(root):
        if path.suffix == ".py" and not path.is_relative_to(root / checks.PACK):
            yield str(path.relative_to(root)), _digest(path.read_bytes())
    topology = [read_yaml(root / "topology.yaml"), workspace.values().get("topology")]
    builds = [(section or {}).get("app") or {} for section in topology if isinstance(section or {}, Mapping)]
    for directory in {str(app["build"]) for app in builds if isinstance(app, Mapping) and app.get("build")}:
        yield from _build(root / directory, directory)
    yield from _tree(root / "image", "image").items()


def _build(directory: Path, name: str) -> Iterator[tuple[str, str]]:
    """Give everything of an app's directory that goes into its image, by the image's own rule."""
    try:
        from agno_ha.targets.docker import context
    except ModuleNotFoundError:  # without Docker's packages nothing is built here
        yield from _tree(directory, name).items()
        return
    try:
        parts = context.app(directory, "").parts
    except context.ImageError as error:  # who builds it says so
        yield name, _digest(str(error).encode())
        return
    for path, part in parts.items():
        if path.startswith("agents/"):
            yield path.replace("agents", name, 1), _digest(part.encode())


def _named(workspace: Workspace) -> Iterator[Path]:
    """Give each file that a value of the configuration names, such as a certificate."""
    for value in _leaves([read_yaml(workspace.root / "topology.yaml"), workspace.values()]):
        if 0 < len(value) < 200 and "\n" not in value and (workspace.root / value).is_file():
            yield workspace.root / value


def _leaves(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from _leaves(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _leaves(entry)


def _environment(workspace: Workspace) -> Iterator[tuple[str, str]]:
    """Give every variable but a shell's own: the program, the CLI and the providers read whichever they like.

    Under a key of this project's: a weak password must not be guessed from its digest.
    """
    path = workspace.private.parent / "digest-key"
    if not path.exists():
        workspace.keep(path, secrets.token_hex(32))
    key = path.read_bytes()
    for name, value in sorted({**os.environ, **automation.environment(workspace)}.items()):
        if name not in _NOISE and not name.startswith(_NOISES):
            yield name, hmac.new(key, value.encode(errors="surrogateescape"), "sha256").hexdigest()


def _files(root: Path, names: Iterable[str], more: Iterable[Path]) -> Iterator[tuple[str, str]]:
    for path in [*(root / name for name in names), *more]:
        if path.is_file():
            yield os.path.relpath(path, root), _digest(path.read_bytes())


def _tree(directory: Path, name: str) -> dict[str, str]:
    return {f"{name}/{path.relative_to(directory)}": _digest(path.read_bytes()) for path in _walk(directory)}


def _walk(directory: Path) -> Iterator[Path]:
    for place, below, names in os.walk(directory):
        below[:] = sorted(
            each for each in below
            if each not in _OTHERS and not each.startswith(".") and not (Path(place, each) / "pyvenv.cfg").exists()
        )  # fmt: skip
        for name in sorted(names):
            path = Path(place, name)
            if not name.startswith(".") and path.suffix != ".pyc" and path.is_file():
                yield path


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
