"""What people and programs do here, with the rules that hold for both: roles, four eyes, and the audit log."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from agno_ha.configuration import ConfigurationError
from agno_ha.operations.errors import OperationError
from agno_ha.operations.model import Kind, Operation, OperationRefusedError, OperationsApi

from agno_ha_portal import configuration
from agno_ha_portal.audit import Audit
from agno_ha_portal.refusals import RefusedError, told
from agno_ha_portal.roles import Principal, Role
from agno_ha_portal.settings import Settings

NEEDS: Mapping[Kind, Role] = {
    **dict.fromkeys(Kind, Role.OPERATOR),
    Kind.DOWN: Role.APPROVER,
    Kind.DESTROY: Role.APPROVER,
}
"""Kind of operation → the role that starts it."""


_PATH = re.compile(r"[A-Za-z][\w.-]{0,100}", re.ASCII)


class Actions:
    """Carries out what is allowed, and writes down both that and what is refused."""

    def __init__(self, settings: Settings, operations: OperationsApi, audit: Audit) -> None:
        self._settings = settings
        self._operations = operations
        self._audit = audit

    def start(
        self,
        who: Principal,
        stack: str,
        kind: Kind,
        *,
        of: str | None = None,
        confirm: str | None = None,
        key: str | None = None,
    ) -> Operation:
        """Begin an operation.

        Raises:
            RefusedError: the role is too low, or the operations refused.
        """
        with self._audited(who, str(kind), stack=stack) as seen:
            needed = NEEDS[kind]
            if not who.role.allows(needed):
                raise RefusedError(
                    403, "role", f"A {kind} needs the role {needed}; {who.name} is {who.role}."
                )
            if kind is Kind.DOWN and confirm != stack:
                text = f"Type the stack's name, {stack}, to take it down."
                raise RefusedError(422, "confirmation", text)
            operation = self._operations.start(
                stack, kind, requester=who.name, of=of, confirm=confirm, key=key
            )
            seen["operation"] = operation.id
        return operation

    def approve(self, who: Principal, operation: str) -> Operation:
        """Approve a preview.

        Raises:
            RefusedError: it is the approver's own while four eyes are asked for, or the operations refused.
        """
        with self._audited(who, "approve", operation=operation) as seen:
            found = self._operations.get(operation)
            seen["stack"] = found.stack
            if self._settings.four_eyes and found.requester == who.name:
                text = "Four eyes are asked for: somebody else than who asked for a preview approves it."
                raise RefusedError(403, "four_eyes", text)
            return self._operations.approve(operation, approver=who.name)

    def cancel(self, who: Principal, operation: str) -> Operation:
        """Ask a running operation to end.

        Raises:
            RefusedError: there is no such operation.
        """
        with self._audited(who, "cancel", operation=operation) as seen:
            seen["stack"] = self._operations.get(operation).stack
            return self._operations.cancel(operation, requester=who.name)

    def configure(
        self, who: Principal, stack: str, changes: Mapping[str, Any], version: str
    ) -> configuration.Configuration:
        """Change a stack's configuration.

        Raises:
            RefusedError: a value is wrong, or the file was changed meanwhile.
        """
        with self._audited(who, "configure", stack=stack, changed=_paths(changes)):
            return configuration.change(self._settings.root, stack, changes, version)

    def known(self, stack: str) -> str:
        """Return the stack's name.

        Raises:
            RefusedError: there is no such stack.
        """
        if stack not in self._operations.stacks():
            raise RefusedError(404, "unknown_stack", "There is no such stack.")
        return stack

    @contextmanager
    def _audited(self, who: Principal, action: str, **about: Any) -> Iterator[dict[str, Any]]:
        try:
            yield about
        except (RefusedError, OperationRefusedError, OperationError, ConfigurationError) as error:
            refused = error if isinstance(error, RefusedError) else told(error)
            self._audit.write(who, action, outcome="refused", code=refused.code, **about)
            raise refused from None
        self._audit.write(who, action, outcome="done", **about)


def _paths(changes: Iterable[str]) -> tuple[str, ...]:
    """Return what is written down of a change: its settings; what is none may be a value in the wrong place."""
    return tuple(sorted({path if _PATH.fullmatch(path) else "?" for path in changes})[:100])
