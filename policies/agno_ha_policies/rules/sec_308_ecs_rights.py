"""SEC-308: rights that nobody needs."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping

from agno_ha_policies.aws.kinds import POLICY, ROLE_POLICY
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at the actions that a policy allows."""
    text = view.text("policy")
    try:
        document = json.loads(text) if text is not None else {}
    except ValueError:
        document = None
    if not isinstance(document, Mapping):
        view.unreadable("policy", "is not a policy document")
        return
    given = document.get("Statement", [])
    for index, statement in enumerate(given if isinstance(given, list) else [given]):
        if not isinstance(statement, Mapping) or statement.get("Effect") != "Allow":
            continue
        actions = statement.get("Action", [])
        if any(str(each).endswith("*") for each in (actions if isinstance(actions, list) else [actions])):
            yield view.violation(
                f"policy.Statement.{index}.Action",
                "it allows actions by a wildcard. Name those that are needed.",
            )


RULE = ResourceRule(
    id="SEC-308",
    title="Roles on AWS name their actions",
    severity="high",
    rationale="With a wildcard a flaw in one instance reaches whatever the account has.",
    remediation="Name the actions, and the resources where the service knows any.",
    bounds=NoBounds,
    types=frozenset({ROLE_POLICY, POLICY}),
    check=check,
)
