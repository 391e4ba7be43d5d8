"""SEC-308: rights that nobody needs."""

from __future__ import annotations

from collections.abc import Iterator

from agno_ha_policies.aws.documents import Statement, statements
from agno_ha_policies.aws.kinds import (
    ATTACHMENT,
    GROUP_POLICY,
    POLICY,
    ROLE,
    ROLE_ATTACHMENT,
    ROLE_POLICY,
    USER_POLICY,
)
from agno_ha_policies.model import NoBounds, ResourceRule, Violation
from agno_ha_policies.view import View

_BROAD = ("AdministratorAccess", "PowerUserAccess", "IAMFullAccess")
"""AWS's own policies that are as good as the account."""
_READS = ("Get", "List", "Describe", "BatchGet", "Generate")
"""Verbs of which all of one kind may be allowed on one thing, such as s3:GetObject* of a bucket."""


def check(view: View[NoBounds]) -> Iterator[Violation]:
    """Look at what a policy allows, at the policies that are attached, and at who may take a role."""
    kind = view.resource.type
    if kind in (ROLE_ATTACHMENT, ATTACHMENT):
        yield from _attached(view, "policyArn")
        return
    if kind == ROLE:
        for index, _ in enumerate(view.items("managedPolicyArns") or []):
            yield from _attached(view, f"managedPolicyArns.{index}")
        for index, _ in enumerate(view.items("inlinePolicies") or []):
            yield from _allowed(view, f"inlinePolicies.{index}.policy")
        for statement in statements(view, "assumeRolePolicy"):
            if "*" in statement.principals and not statement.conditional:
                yield view.violation(
                    f"{statement.path}.Principal", "everybody may take the role. Name who may."
                )
    else:
        yield from _allowed(view, "policy")


def _attached(view: View[NoBounds], path: str) -> Iterator[Violation]:
    name = (view.text(path, "") or "").rpartition("/")[2]
    if name in _BROAD:
        yield view.violation(path, f"{name} is as good as the account. Name the actions that are needed.")


def _allowed(view: View[NoBounds], path: str) -> Iterator[Violation]:
    for statement in statements(view, path):
        if statement.all_but:
            yield view.violation(
                f"{statement.path}.NotAction", "it allows all actions but some. Name those that are needed."
            )
        elif broad := next((each for each in statement.actions if _is_broad(each, statement)), None):
            yield view.violation(
                f"{statement.path}.Action",
                f"it allows actions by a wildcard, {broad}. Name those that are needed.",
            )
        elif "*" in statement.resources and any(map(_reads_secrets, statement.actions)):
            yield view.violation(
                f"{statement.path}.Resource",
                "every secret of the account can be read. Name those that are needed.",
            )


def _is_broad(action: str, statement: Statement) -> bool:
    verb = action.partition(":")[2] or action
    head = verb.partition("*")[0].partition("?")[0]
    of_one_thing = head not in _READS and head.startswith(_READS) and "*" not in statement.resources
    return verb != head and not of_one_thing


def _reads_secrets(action: str) -> bool:
    return action.lower().startswith(("secretsmanager:getsecretvalue", "secretsmanager:batchgetsecretvalue"))


RULE = ResourceRule(
    id="SEC-308",
    title="Roles on AWS name their actions",
    severity="high",
    rationale="With a wildcard a flaw in one instance reaches whatever the account has.",
    remediation="Name the actions, and the resources where the service knows any.",
    bounds=NoBounds,
    types=frozenset({ROLE, ROLE_POLICY, USER_POLICY, GROUP_POLICY, POLICY, ROLE_ATTACHMENT, ATTACHMENT}),
    check=check,
)
