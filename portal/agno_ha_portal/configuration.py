"""A stack's own configuration: read, and changed in its file with the comments kept, once it is seen to be right."""

from __future__ import annotations

import fcntl
import hashlib
import io
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from agno_ha import stack as stacks
from agno_ha import targets
from agno_ha.configuration import PROJECT
from agno_ha.operations.workspace import Workspace
from agno_ha.validation import DEEPEST
from pydantic import BaseModel
from ruamel.yaml import YAML
from ruamel.yaml.comments import CommentedMap

from agno_ha_portal.files import replace
from agno_ha_portal.refusals import RefusedError

SECTIONS = ("target", "environment", "topology", *targets.NAMES)
"""What of a stack file this portal changes; secrets and other packages' keys stay as they are."""

REMOVE = object()
"""Change of a setting: take it out of the stack file, so that topology.yaml or the default holds."""


class Configuration(BaseModel):
    """What a stack's own file says."""

    version: str
    """Digest of the file; a change names the version that it was made from."""
    values: dict[str, Any]
    """`target`, `environment`, `topology` and the targets' sections, as written; encrypted values left out."""


def read(root: Path, stack: str) -> Configuration:
    """Return what the stack's file says.

    Raises:
        ConfigurationError: it can't be read.
    """
    values = Workspace(root, stack).values()
    version = _version((root / _name(stack)).read_bytes())
    return Configuration(version=version, values={key: values[key] for key in SECTIONS if key in values})


def change(root: Path, stack: str, changes: Mapping[str, Any], version: str) -> Configuration:
    """Change settings of the stack's file; nothing is written unless all of it is right.

    Args:
        root: the project's directory.
        stack: the stack.
        changes: path of a setting (`topology.scaling.max`, `docker.publishMode`, `target`) → value or REMOVE.
        version: of the file that the changes were made from.

    Raises:
        ConfigurationError: every problem of the result at once.
        RefusedError: the file was changed meanwhile.
    """
    if any(setting.count(".") > DEEPEST for setting in changes):
        raise RefusedError(422, "invalid", "A setting's path is too deep.")
    path = root / _name(stack)
    with _alone(Workspace(root, stack).private / "configuration.lock"):
        before = path.read_bytes()
        if _version(before) != version:
            text = f"{path.name} was changed meanwhile. Load it again, and repeat your changes."
            raise RefusedError(409, "stale", text)
        text = _edited(before.decode(), changes)
        _refuse_unwritable(text)
        check(root, stack, text)
        replace(path, text, mode=path.stat().st_mode & 0o777)
    return read(root, stack)


def check(root: Path, stack: str, text: str) -> None:
    """Validate a stack file's text as the program would.

    Raises:
        ConfigurationError: every problem at once.
    """
    with TemporaryDirectory() as directory:
        (Path(directory) / _name(stack)).write_text(text, encoding="utf-8")
        values = Workspace(Path(directory), stack).values()
    stacks.read(root / "topology.yaml", values, source=_name(stack))


def _edited(text: str, changes: Mapping[str, Any]) -> str:
    yaml = YAML()  # round trip: comments, quotes and order stay
    yaml.preserve_quotes = True
    yaml.width = 4096  # no line that nobody touched is broken
    yaml.indent(mapping=2, sequence=4, offset=2)
    document = yaml.load(text) or CommentedMap()
    if document.get("config") is None:
        document["config"] = CommentedMap()
    for setting, value in changes.items():
        section, *below = setting.split(".")
        _set(document["config"], [f"{PROJECT}:{section}", *below], value)
    out = io.StringIO()
    yaml.dump(document, out)
    return out.getvalue()


def _refuse_unwritable(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError:  # half a character, which JSON lets through
        raise RefusedError(422, "invalid", "A value is no valid Unicode.") from None


def _set(node: CommentedMap, path: list[str], value: Any) -> None:
    key, *below = path
    if not below:
        if value is REMOVE:
            node.pop(key, None)
        else:
            node[key] = value
        return
    if not isinstance(node.get(key), Mapping):
        if value is REMOVE:
            return
        node[key] = CommentedMap()
    _set(node[key], below, value)
    if not node[key]:
        del node[key]  # a section that holds nothing any more


def _name(stack: str) -> str:
    return f"Pulumi.{stack}.yaml"


def _version(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
