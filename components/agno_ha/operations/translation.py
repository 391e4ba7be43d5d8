"""The engine's events as ours: what happened, never a property's value."""

from __future__ import annotations

import re
from collections.abc import Callable

from pulumi.automation import EngineEvent
from pulumi.automation.events import StepEventMetadata

from agno_ha.operations.masking import Mask
from agno_ha.operations.model import Body, Diagnostic, Finding, Step

_COLOUR = re.compile(r"<\{%.*?%\}>|\x1b\[[0-9;]*m")
_NO_NEWS = ("using pulumi-resource-", "using pulumi-language-", "using pulumi-analyzer-")
"""Which plugin is on PATH."""


_SUMMARY = re.compile(r"(preview|update|refresh|destroy) failed")
"""What the engine says last, after the reason: `update failed`."""
_STACK = "::pulumi:pulumi:Stack::"


class Events:
    """Hands on what the engine says, and keeps what the end of the operation is made of."""

    def __init__(self, emit: Callable[[Body], None], mask: Mask, *, drift: bool = False) -> None:
        """Begin.

        Args:
            emit: given each event.
            mask: applied to every text.
            drift: a preview of a refresh: what a resource became is known only when it was read.
        """
        self._emit = emit
        self._mask = mask
        self._drift = drift
        self.changes: dict[str, int] = {}
        self.errors: list[str] = []
        """What went wrong, with the resource that it belongs to."""
        self.violations: list[str] = []
        self.steps: list[Step] = []
        """What is planned."""

    def see(self, event: EngineEvent) -> None:
        """Take one event."""
        if event.resource_pre_event and not self._drift:
            planned = bool(event.resource_pre_event.planning)
            self._step("planned" if planned else "started", event.resource_pre_event.metadata)
        if event.res_outputs_event and (self._drift or not event.res_outputs_event.planning):
            self._step("planned" if self._drift else "done", event.res_outputs_event.metadata)
        if event.res_op_failed_event:
            self._step("failed", event.res_op_failed_event.metadata)
        if event.diagnostic_event and not event.diagnostic_event.ephemeral:
            said = event.diagnostic_event
            self._diagnostic(said.severity, said.message, said.urn or None)
        if event.policy_event:
            found = event.policy_event
            self._finding(
                found.policy_name, found.enforcement_level, found.message, found.resource_urn or None
            )
        if event.summary_event:
            self.changes = {_word(op): count for op, count in event.summary_event.resource_changes.items()}

    def _step(self, status: str, of: StepEventMetadata) -> None:
        op = _word(of.op)
        if op == "same" or (self._drift and op == "refresh"):
            return
        properties = tuple(sorted(of.detailed_diff or of.diffs or ()))
        step = Step.model_validate(
            {"status": status, "op": op, "urn": of.urn, "resource": short(of.urn), "properties": properties}
        )
        if status == "planned":
            self.steps.append(step)
        self._emit(step)

    def _diagnostic(self, severity: str, message: str, urn: str | None) -> None:
        text = self._mask(plain(message))
        if not text or severity == "debug" or text.startswith(_NO_NEWS):
            return
        if severity == "info#err" and self.violations:
            return  # the traceback of the program, which the engine ends at a violation
        level = severity if severity in ("warning", "error") else "info"
        if level == "error" and not _SUMMARY.fullmatch(text):
            self.errors.append(f"{short(urn)}: {text}" if urn and _STACK not in urn else text)
        self._emit(Diagnostic.model_validate({"severity": level, "message": text, "urn": urn}))

    def _finding(self, policy: str, level: str, message: str, urn: str | None) -> None:
        text = self._mask(plain(message))
        if level == "mandatory":
            self.violations.append(f"{policy}: {text}")
        else:
            level = "advisory"
        self._emit(Finding.model_validate({"policy": policy, "level": level, "message": text, "urn": urn}))


def plain(text: str) -> str:
    """Return the engine's text without its colours."""
    return _COLOUR.sub("", text).strip()


def short(urn: str) -> str:
    """Return a resource as people name it.

    >>> short("urn:pulumi:dev::agno-ha::agno-ha:index:AgnoService$docker:index/service:Service::agno-web")
    'agno-web (Service)'
    """
    kind, _, name = urn.rpartition("::")
    return f"{name} ({kind.rsplit(':', 1)[-1]})"


def _word(op: object) -> str:
    return str(getattr(op, "value", op))
