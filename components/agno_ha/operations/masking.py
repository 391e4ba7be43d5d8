"""Secrets stay out of what is kept and shown: known values are replaced wherever they stand."""

from __future__ import annotations

import json
import os
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any
from urllib.parse import quote, unquote

from pulumi.automation import OutputMap

SECRET = "[secret]"  # noqa: S105

_SIGNATURE = "4dabf18193072939515e22adb298388d"
"""The key by which Pulumi marks a secret value in an exported state."""
_SHORTEST = 6
"""Characters: shorter values are words that stand everywhere, such as `true`."""
_NAMES = re.compile(r"(PASS|SECRET|TOKEN|KEY|CREDENTIAL)(?!.*_(FILE|PATH|DIR|SOCK)$)", re.I)
"""Variables that hold a secret, and not where one is."""


class Mask:
    """Replaces known secret values by `[secret]`."""

    def __init__(self) -> None:
        self._values: set[str] = set()
        self._pattern: re.Pattern[str] | None = None
        self.learn(value for name, value in os.environ.items() if _NAMES.search(name))
        self.learn(_passwords(os.environ.values()))

    def learn(self, values: Iterable[str]) -> None:
        """Add secret values, and how they look in JSON and in a URL."""
        for value in values:
            for line in (value, *value.splitlines()):
                if len(line.strip()) >= _SHORTEST:
                    self._values |= {line, json.dumps(line)[1:-1], quote(line, safe="")}
        longest = sorted(self._values, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest))) if longest else None

    def __call__(self, text: str) -> str:
        """Return the text without what is known to be secret."""
        return self._pattern.sub(SECRET, text) if self._pattern else text

    def outputs(self, outputs: OutputMap) -> dict[str, Any]:
        """Return outputs as they may be shown."""
        return {
            name: SECRET if output.secret else self._within(output.value) for name, output in outputs.items()
        }

    def _within(self, value: Any) -> Any:
        if isinstance(value, str):
            return self(value)
        if isinstance(value, Mapping):
            return {key: self._within(entry) for key, entry in value.items()}
        if isinstance(value, list | tuple):
            return [self._within(entry) for entry in value]
        return value


def _passwords(values: Iterable[str]) -> Iterator[str]:
    """Give the passwords that stand in URLs, as they are written and as they are meant."""
    for value in values:
        if match := re.match(r"[a-z][a-z0-9+.-]*://[^/@\s]*?:([^/@\s]+)@", value, re.I):
            yield match[1]
            yield unquote(match[1])


def secrets_of(state: Any) -> Iterator[str]:
    """Give every secret value of a state that was exported with its secrets in plain text."""
    if isinstance(state, Mapping):
        if _SIGNATURE in state and "plaintext" in state:
            yield from _texts(json.loads(state["plaintext"]))
        else:
            for value in state.values():
                yield from secrets_of(value)
    elif isinstance(state, list):
        for value in state:
            yield from secrets_of(value)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for entry in value.values():
            yield from _texts(entry)
    elif isinstance(value, list):
        for entry in value:
            yield from _texts(entry)
