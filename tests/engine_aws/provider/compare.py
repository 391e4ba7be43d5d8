"""When a property counts as changed, and when a change makes another resource."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

UNKNOWN = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
"""What the engine sends for a value that a preview can't know."""

DOCUMENTS = ("containerDefinitions", "policy", "assumeRolePolicy", "dashboardBody")
"""Properties that are JSON in a text: compared as what they say, the order of lists included."""


def same(name: str, wanted: Any, found: Any) -> bool:
    """Whether AWS has what is wanted. Lists are the provider's sets: their order says nothing."""
    if wanted == UNKNOWN:
        return False
    if name in DOCUMENTS and isinstance(wanted, str) and isinstance(found, str):
        return bool(_document(wanted) == _document(found))
    if name == "tags":
        return (wanted or {}) == (found or {})
    return _same(wanted, found)


def _same(wanted: Any, found: Any) -> bool:
    if isinstance(wanted, Mapping) and isinstance(found, Mapping):
        # What is not said is AWS's to fill in.
        return all(_same(value, found.get(key)) for key, value in wanted.items())
    if isinstance(wanted, list) and isinstance(found, list):
        left = list(found)
        for value in wanted:
            match = next((other for other in left if _same(value, other)), None)
            if match is None:
                return False
            left.remove(match)
        return not left
    if wanted in (None, [], {}):
        return found in (None, [], {})
    return bool(wanted == found)


def _document(text: str) -> Any:
    return _lean(json.loads(text))


def _lean(value: Any) -> Any:
    """Without what is empty: AWS leaves that out, and the provider takes both for the same."""
    if isinstance(value, dict):
        return {key: lean for key, entry in value.items() if (lean := _lean(entry)) not in (None, [], {})}
    return [_lean(entry) for entry in value] if isinstance(value, list) else value


# https://www.pulumi.com/registry/packages/aws/api-docs/rds/instance/#state_allocatedstorage_python and
# #state_engineversion_python: with maxAllocatedStorage the storage is the first one, and what it grew by is no
# difference; a version may be a prefix of what runs. Where a load balancer writes no logs, what else is said of them is
# none either (elbv2/load_balancer.go: DiffSuppressFunc of access_logs' bucket and prefix).
def suppressed(kind: str, name: str, new: Mapping[str, Any], state: Mapping[str, Any]) -> bool:
    """Whether the provider says that a difference is none."""
    if (kind, name) == ("aws:lb/loadBalancer:LoadBalancer", "accessLogs"):
        return not new[name]["enabled"] and not (state.get(name) or {}).get("enabled")
    if kind != "aws:rds/instance:Instance":
        return False
    if name == "allocatedStorage":
        return bool(new[name] < state.get(name, 0) <= new.get("maxAllocatedStorage", 0))
    return name == "engineVersion" and str(state.get(name, "")).startswith(f"{new[name]}.")


def changes(
    kind: str, new: Mapping[str, Any], old: Mapping[str, Any], state: Mapping[str, Any], ignored: list[str]
) -> list[str]:
    """Return the properties that differ from what AWS has.

    Args:
        kind: type token.
        new: the inputs.
        old: the inputs before.
        state: what AWS had when it was looked at last.
        ignored: `ignoreChanges`.
    """
    changed = [
        name for name, value in new.items()
        if not same(name, value, state.get(name)) and not (value != UNKNOWN and suppressed(kind, name, new, state))
    ]  # fmt: skip
    gone = [name for name in old if name not in new and name not in LEFT_TO_AWS.get(kind, ())]
    return [name for name in (*changed, *gone) if not name.startswith("__") and name not in ignored]


LEFT_TO_AWS = {
    "aws:rds/instance:Instance": ("backupWindow",),
    "aws:lb/loadBalancer:LoadBalancer": ("accessLogs",),
}
"""Where it is not said, AWS's own value stays (optional and computed, or `suppressMissingOptionalConfigurationBlock`):
taking it out of a program changes nothing."""
