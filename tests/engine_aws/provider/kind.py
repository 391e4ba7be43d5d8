"""What the provider knows of a kind of resource, and the few words in which the rooms say it."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from aws.cloud import Cloud, Inputs
from aws.rooms import CREATE

State = dict[str, Any]
"""A resource's properties, under the provider's names, with its `id`."""
Read = Callable[[Cloud, State], Mapping[str, Any] | None]
Delete = Callable[[Cloud, State], None]


@dataclass(frozen=True)
class Change:
    """What an update is asked for."""

    cloud: Cloud
    state: State
    """As it was."""
    new: Mapping[str, Any]
    """The inputs."""
    changed: frozenset[str]

    def request(self, names: Mapping[str, str]) -> dict[str, Any]:
        """Return what changed, under the API's names."""
        return {api: self.new[own] for own, api in names.items() if own in self.changed and own in self.new}


Update = Callable[[Change], None]


@dataclass(frozen=True)
class Kind:
    """One kind."""

    read: Read
    """Its properties as AWS has them; None where it is gone."""
    delete: Delete
    update: Update | None = None
    """None: whatever changes, another one is made."""
    created: Delete | None = None
    """What the provider waits for once it is made; an `UnfinishedError` where that never comes."""
    computed: tuple[str, ...] = ()
    """What a preview can't know."""
    forgotten: tuple[str, ...] = ()
    """Properties that moto takes and does not give back, or AWS shows to nobody: as they were sent last."""


def pick(found: Mapping[str, Any], names: Mapping[str, str]) -> dict[str, Any]:
    """Return what an answer has, under the provider's names; a name of the API may be a path."""
    picked: dict[str, Any] = {}
    for own, path in names.items():
        value: Any = found
        for part in path.split("."):
            value = value.get(part) if isinstance(value, Mapping) else None
        if value is not None:
            picked[own] = value
    return picked


def lower(given: Mapping[str, Any]) -> dict[str, Any]:
    """Return the API's object with the provider's names: the same, but for the first letter."""
    return {key[0].lower() + key[1:]: value for key, value in given.items()}


def again(kind: str) -> Update:
    """Return the update of what AWS puts: created again, over what is there."""

    def put(change: Change) -> None:
        CREATE[kind](change.cloud, Inputs(change.new))

    return put


class Forgotten:
    """What moto forgets, by resource: kept in a file beside it, for the account's life."""

    def __init__(self) -> None:
        self._path = Path(os.environ["MOTO_FORGETS"])
        self._known: dict[str, dict[str, Any]] = (
            json.loads(self._path.read_text()) if self._path.exists() else {}
        )

    def get(self, kind: str, resource_id: str) -> dict[str, Any]:
        """Return it."""
        return self._known.get(f"{kind} {resource_id}", {})

    def put(self, kind: str, resource_id: str, values: dict[str, Any] | None) -> None:
        """Keep it; None: the resource is gone."""
        self._known.pop(f"{kind} {resource_id}", None)
        if values:
            self._known[f"{kind} {resource_id}"] = values
        self._path.write_text(json.dumps(self._known))
