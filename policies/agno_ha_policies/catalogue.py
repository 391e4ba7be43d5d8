"""Every rule of this package: each module of `rules` that has a RULE, in the order of their ids."""

from __future__ import annotations

import importlib
import pkgutil
from typing import Any

from agno_ha_policies import rules
from agno_ha_policies.model import ResourceRule, StackRule


def _discover() -> tuple[ResourceRule[Any] | StackRule[Any], ...]:
    modules = [
        importlib.import_module(f"{rules.__name__}.{found.name}")
        for found in pkgutil.iter_modules(rules.__path__)
    ]
    found = sorted((module.RULE for module in modules), key=lambda rule: rule.id)
    if len({rule.id for rule in found}) < len(found):
        raise ValueError(f"two rules have one id: {', '.join(rule.id for rule in found)}")
    return tuple(found)


RULES = _discover()
"""A new file in `rules/` is all that a new rule needs."""
