"""What an operation is: what was asked of a stack, by whom, what became of it, and all that happened meanwhile."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Annotated, Any, Literal, Protocol

from pydantic import BaseModel, ConfigDict, Field


class Kind(StrEnum):
    """What is asked of a stack."""

    PREVIEW = "preview"
    """What an up would change, and what the policies find; the only way to an up."""
    UP = "up"
    """Carry out an approved preview."""
    REFRESH = "refresh"
    """Make the state what the real world is."""
    DRIFT = "drift"
    """What differs in the real world; changes nothing."""
    DESTROY = "destroy"
    """Delete the stack and its data; protected data is refused."""
    DOWN = "down"
    """Delete all but the data and the secrets that open it; the next up goes on with them."""
    RECOVER = "recover"
    """After a killed run: lock, pending operations, and objects that no state knows."""


class Held(StrEnum):
    """What a command does to a stack in its own process; meanwhile no operation begins."""

    RESTORE = "restore"
    """Put a backup in the place of what the stores hold."""
    ROTATE = "rotate"
    """Change the stores' passwords, before the up that brings them to everybody."""


class State(StrEnum):
    """How far an operation is."""

    RUNNING = "running"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"
    """Its process or its host died; `recover` comes next."""

    @property
    def final(self) -> bool:
        """Whether nothing more will happen."""
        return self is not State.RUNNING


class _Frozen(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Step(_Frozen):
    """One resource's step, in a preview or as it happens."""

    type: Literal["step"] = "step"
    status: Literal["planned", "started", "done", "failed"]
    op: str
    """The engine's word: create, update, replace, delete, same, refresh, ..."""
    urn: str
    resource: str
    """As people name it: `agno-web (Service)`."""
    properties: tuple[str, ...] = ()
    """Paths of the properties that differ; never their values."""


class Diagnostic(_Frozen):
    """What the engine, a provider or the program said; secrets masked."""

    type: Literal["diagnostic"] = "diagnostic"
    severity: Literal["info", "warning", "error"]
    message: str
    urn: str | None = None


class Finding(_Frozen):
    """What a policy found."""

    type: Literal["finding"] = "finding"
    policy: str
    level: Literal["advisory", "mandatory"]
    message: str
    urn: str | None = None


class Progress(_Frozen):
    """What the operation does now, for a person."""

    type: Literal["progress"] = "progress"
    message: str


class Outputs(_Frozen):
    """The stack's outputs; secret ones are `[secret]`."""

    type: Literal["outputs"] = "outputs"
    values: Mapping[str, Any]


Body = Annotated[Step | Diagnostic | Finding | Progress | Outputs, Field(discriminator="type")]


class Event(_Frozen):
    """One thing that happened; `sequence` counts from 1 within its operation, without gaps."""

    operation: str
    sequence: int
    time: datetime
    body: Body


class Operation(_Frozen):
    """One operation as it stands."""

    id: str
    stack: str
    kind: Kind | Held
    state: State
    requester: str
    of: str | None = None
    """An up: the approved preview that it carries out."""
    approver: str | None = None
    """A preview: who approved it."""
    created: datetime
    ended: datetime | None = None
    changes: Mapping[str, int] = Field(default_factory=dict)
    """Steps by the engine's word."""
    digests: Mapping[str, str] = Field(default_factory=dict)
    """A preview: part (configuration, code, lock, policies, state, environment) → SHA-256 of what it saw."""
    error: str | None = None
    """Why it failed, and what to do."""

    @property
    def repeatable(self) -> bool:
        """Whether the same again mends it, wherever it ended; else recover comes first."""
        return self.kind in (Kind.PREVIEW, Kind.DRIFT, *Held)


class OperationRefusedError(Exception):
    """What was asked can't be begun now; the text says why and what comes first. `code` is stable.

    Codes: unknown_stack, unknown_operation, busy, not_a_preview, not_approved, not_succeeded, changed, used,
    has_violations, confirmation, key_reused.
    """

    def __init__(self, code: str, text: str) -> None:
        super().__init__(text)
        self.code = code


class OperationsApi(Protocol):
    """What the command line and the portal drive; `Operations` is the one that works on a project's stacks."""

    def stacks(self) -> Sequence[str]:
        """Return the names of the project's stacks, sorted."""

    def start(
        self,
        stack: str,
        kind: Kind,
        *,
        requester: str,
        of: str | None = None,
        confirm: str | None = None,
        key: str | None = None,
    ) -> Operation:
        """Begin an operation in a process of its own and return at once.

        Args:
            stack: the stack's name.
            kind: what to do.
            requester: who asks.
            of: an up: the approved preview's id.
            confirm: a destroy: the stack's name, as a person typed it.
            key: idempotency key: the same key by the same requester returns the same operation.

        Raises:
            OperationRefusedError: another operation works on the stack, or something must come first.
        """

    def approve(self, operation: str, *, approver: str) -> Operation:
        """Approve a preview that succeeded without mandatory findings."""

    def cancel(self, operation: str, *, requester: str) -> Operation:
        """Ask a running operation to end; it ends cleanly, what it had begun is finished or pending."""

    def get(self, operation: str) -> Operation:
        """Return an operation as it stands."""

    def history(
        self, stack: str | None = None, *, limit: int = 50, before: str | None = None
    ) -> Sequence[Operation]:
        """Return operations, newest first; `before` is the last id of the page before."""

    def events(self, operation: str, *, after: int = 0) -> Sequence[Event]:
        """Return what has happened after a sequence number."""

    def follow(self, operation: str, *, after: int = 0) -> Iterator[Event]:
        """Give events as they happen, until the operation is final."""
