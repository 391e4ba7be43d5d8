"""Facts against resources: what a transform, or somebody's own facts, can make disagree."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from agno_ha_policies.model import Violation
from agno_ha_policies.view import View, digits


def differs(
    view: View[Any], path: str, what: str, value: float | str | None, fact: str, setting: str
) -> Iterator[Violation]:
    """Compare a value of an AgnoService's own resource with a fact; the value itself is not shown.

    Args:
        view: the resource, which has an owner.
        path: the property that holds the value.
        what: its name for people, such as `DB_POOL_SIZE`.
        value: None, where it could not be read.
        fact: the fact's name.
        setting: the setting of the topology that decides both.
    """
    owner = view.owner
    if owner is None or value is None:
        return
    expected = owner.text(fact) if isinstance(value, str) else owner.number(fact)
    if expected is not None and expected != value:
        shown = expected if isinstance(expected, str) else digits(expected)
        yield view.violation(
            path,
            f"{what} is not what the facts of {owner.name} say ({fact} = {shown}). Change {setting} of the "
            "topology, not the resource.",
        )
