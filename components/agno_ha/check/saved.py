"""A saved preview (`pulumi preview --json`) or state (`pulumi stack export`) as resources; no CLI needed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from agno_ha_policies import UNKNOWN, Resource

from agno_ha.configuration import ConfigurationError, Problem

_UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"  # Pulumi's mark of a value that is not known yet
_SIGNATURE = (
    "4dabf18193072939515e22adb298388d"  # the key that marks a special value, such as an encrypted one
)
_MASKED = "[secret]"
_FIX = "Save one with `pulumi preview --json > FILE` or `pulumi stack export > FILE`"


class Saved(NamedTuple):
    """What a file holds."""

    stack: str
    """The stack's name, from the URNs; empty where there are none."""
    resources: list[Resource]


def read(path: Path) -> Saved:
    """Read a file.

    Raises:
        ConfigurationError: it can't be read, or is neither a preview nor a state.
    """

    def fail(message: str, fix: str = _FIX) -> ConfigurationError:
        return ConfigurationError([Problem(path.name, "file", None, message, fix)])

    try:
        data = json.loads(path.read_text(encoding="utf-8-sig"))
    except OSError as error:
        raise fail(f"can't be read ({error.strerror})", "Name a readable file") from None
    except (ValueError, RecursionError):
        raise fail("is not JSON") from None
    states = _states(data)
    if states is None:
        raise fail("is neither a saved preview nor a saved state")
    found: dict[str, Resource] = {}
    for state in states:
        urn = state.get("urn")
        if isinstance(urn, str) and urn.count("::") >= 3:
            found[urn] = Resource(
                urn, str(state.get("type", "")), urn.rpartition("::")[2], str(state.get("parent") or ""),
                _mapping(_plain(state.get("inputs"))), protect=bool(state.get("protect")),
                ignored=_texts(state.get("ignoreChanges")),
                made_of={key: _texts(urns) for key, urns in _mapping(state.get("propertyDependencies")).items()},
            )  # fmt: skip
    stack = next(iter(found), "").removeprefix("urn:pulumi:").partition("::")[0]
    return Saved(stack, list(found.values()))


def _states(data: Any) -> list[Mapping[str, Any]] | None:
    """Return every resource that is to be or that is; of a replacement the last step says how."""
    top = _mapping(data)
    deployment = _mapping(top.get("deployment"))
    if isinstance(top.get("steps"), list):
        return list(_new_states(top["steps"]))
    if "deployment" in top and isinstance(deployment.get("resources", []), list):
        states = map(_mapping, deployment.get("resources", []))
        return [state for state in states if not state.get("delete")]
    return None


def _new_states(steps: list[Any]) -> Iterator[Mapping[str, Any]]:
    for step in map(_mapping, steps):
        if step.get("op") not in ("delete", "delete-replaced", "discard", "discard-replaced", "refresh"):
            yield _mapping(step.get("newState"))


def _texts(value: Any) -> tuple[str, ...]:
    return tuple(each for each in value if isinstance(each, str)) if isinstance(value, list) else ()


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        if _SIGNATURE in value:
            return _opened(value)
        return {key: _plain(entry) for key, entry in value.items()}
    if isinstance(value, list):
        return [_plain(entry) for entry in value]
    return UNKNOWN if value in (_UNKNOWN, _MASKED) else value


def _opened(value: Mapping[str, Any]) -> Any:
    # `stack export --show-secrets` has the text; otherwise it is encrypted, and so not known here.
    text = value.get("plaintext")
    try:
        return _plain(json.loads(text)) if isinstance(text, str) else UNKNOWN
    except ValueError:
        return UNKNOWN
