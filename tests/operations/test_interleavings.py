"""Whatever is asked in whichever order, and whoever dies: one writer a stack, and a history that is true."""

import os
import shutil
import tempfile
from itertools import count
from pathlib import Path
from typing import Any
from unittest.mock import patch

import pytest
import servers
from agno_ha.operations import processes
from agno_ha.operations.model import Kind, Operation, OperationRefusedError, Progress, State
from agno_ha.operations.operations import Operations
from agno_ha.operations.processes import Owner
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    RuleBasedStateMachine,
    consumes,
    invariant,
    multiple,
    rule,
    run_state_machine_as_test,
)

from operations.conftest import of_server

STACKS = ("blue", "green")
PATIENT = settings(deadline=None, print_blob=True, max_examples=30, stateful_step_count=30)
KINDS = st.sampled_from([kind for kind in Kind if kind is not Kind.UP])


class Asked(Operations):
    """The real one, whose processes are numbers that live until they die or finish."""

    def __init__(self, root: Path, database: str, living: set[int], numbers: "count[int]") -> None:
        self._living, self._numbers = living, numbers
        with self._world():
            super().__init__(root, database=database)

    def _world(self) -> Any:
        own = os.getpid()
        return patch.object(processes, "lives", lambda owner: owner.pid in self._living or owner.pid == own)

    def _launch(self, operation: Operation) -> None:
        number = next(self._numbers)
        self._living.add(number)
        self.store.own(operation.id, Owner(processes.here(), number, 1.0))

    def _changed(self, preview: Operation) -> list[str]:
        return []


class Interleavings(RuleBasedStateMachine):
    """Two processes ask, workers work and die."""

    database: str | None = None
    operations = Bundle("operations")

    def __init__(self) -> None:
        super().__init__()
        self.root = Path(tempfile.mkdtemp(prefix="agno-ha-"))
        for stack in STACKS:
            (self.root / f"Pulumi.{stack}.yaml").write_text("config: {}\n")
        self.living: set[int] = set()
        self.numbers = count(10_000_000)  # above every real process
        self.url = self.database or f"sqlite:///{self.root / 'operations.db'}"
        self.asking = [self.opened(), self.opened()]
        self.workers: dict[str, int] = {}
        self.finals: dict[str, Operation] = {}
        self.written: dict[str, int] = {}
        self.world = patch.object(processes, "lives", lambda o: o.pid in self.living or o.pid == os.getpid())
        self.world.start()

    def opened(self) -> Asked:
        return Asked(self.root, self.url, self.living, self.numbers)

    def teardown(self) -> None:
        self.world.stop()
        for each in self.asking:
            each.close()
        shutil.rmtree(self.root)

    # What people ask ---------------------------------------------------------------------------------------

    @rule(
        target=operations,
        by=st.integers(0, 1),
        stack=st.sampled_from(STACKS),
        kind=KINDS,
        key=st.sampled_from([None, "k", "l"]),
    )
    def start(self, by: int, stack: str, kind: Kind, key: str | None) -> Any:
        return self.begin(by, stack, kind, key=key, confirm=stack)

    @rule(target=operations, by=st.integers(0, 1), stack=st.sampled_from(STACKS), preview=operations)
    def up(self, by: int, stack: str, preview: str) -> Any:
        return self.begin(by, stack, Kind.UP, of=preview)

    def begin(self, by: int, stack: str, kind: Kind, **more: Any) -> Any:
        known = {operation.id for operation in self.asking[by].history(limit=1000)}
        busy = [
            operation for operation in self.asking[by].history(stack, limit=1000) if not operation.state.final
        ]
        try:
            begun = self.asking[by].start(stack, kind, requester="ada", **more)
        except OperationRefusedError as error:
            refused = error.code
        else:
            refused = ""
        if refused:
            assert busy or refused != "busy"
            return multiple()
        if begun.id in known:
            assert more["key"] is not None
            return multiple()
        assert not busy
        if kind is Kind.UP:
            preview = self.asking[by].get(more["of"])
            assert (preview.kind, preview.state, preview.stack) == (Kind.PREVIEW, State.SUCCEEDED, stack)
            assert preview.approver is not None
        self.workers[begun.id] = self.asking[by].store.owner(begun.id)[0].pid
        self.written[begun.id] = 0
        return begun.id

    @rule(by=st.integers(0, 1), operation=operations)
    def approve(self, by: int, operation: str) -> None:
        try:
            found = self.asking[by].approve(operation, approver="bob")
        except OperationRefusedError:
            return
        assert (found.kind, found.state, found.approver) == (Kind.PREVIEW, State.SUCCEEDED, "bob")
        if operation in self.finals:
            self.finals[operation] = found

    @rule(by=st.integers(0, 1), operation=operations)
    def cancel(self, by: int, operation: str) -> None:
        self.asking[by].cancel(operation, requester="eve")

    @rule(by=st.integers(0, 1))
    def restart(self, by: int) -> None:
        self.asking[by].close()
        self.asking[by] = self.opened()

    # What workers do ---------------------------------------------------------------------------------------

    @rule(operation=operations, words=st.integers(0, 3))
    def work(self, operation: str, words: int) -> None:
        if self.workers[operation] in self.living:
            for _ in range(words):
                self.asking[0].store.append(operation, Progress(message="at work"))
                self.written[operation] += 1

    @rule(operation=operations, state=st.sampled_from([State.SUCCEEDED, State.FAILED, State.CANCELLED]))
    def finish(self, operation: str, state: State) -> None:
        worker = self.workers[operation]
        if worker in self.living:
            owner, _ = self.asking[0].store.owner(operation)
            held, cancelled = self.asking[0].store.beat(operation, owner)
            assert held
            assert self.asking[0].store.finish(operation, State.CANCELLED if cancelled else state)
            self.living.discard(worker)

    @rule(operation=consumes(operations))
    def die(self, operation: str) -> None:
        self.living.discard(self.workers[operation])

    # What must hold ----------------------------------------------------------------------------------------

    @invariant()
    def one_writer_a_stack(self) -> None:
        for stack in STACKS:
            assert len(self.asking[0].store.running(stack)) <= 1

    @invariant()
    def the_state_told_is_true(self) -> None:
        for operation in self.asking[1].history(limit=1000):
            alive = self.workers[operation.id] in self.living
            assert (operation.state is State.RUNNING) == alive
            assert (operation.ended is None) == alive

    @invariant()
    def what_is_final_stays(self) -> None:
        for operation in self.asking[0].history(limit=1000):
            if operation.state.final:
                assert self.finals.setdefault(operation.id, operation) == operation

    @invariant()
    def events_have_no_gaps(self) -> None:
        for operation, written in self.written.items():
            numbers = [event.sequence for event in self.asking[1].events(operation)]
            assert numbers == list(range(1, written + 1))

    @invariant()
    def a_preview_is_carried_out_once(self) -> None:
        used = [operation.of for operation in self.asking[0].history(limit=1000) if operation.of]
        assert len(used) == len(set(used))


def test_any_interleaving_on_sqlite() -> None:
    run_state_machine_as_test(Interleavings, settings=PATIENT)


@pytest.mark.timeout(600)
def test_any_interleaving_on_postgres(server: servers.Postgres) -> None:
    class OnPostgres(Interleavings):
        def __init__(self) -> None:
            self.database = of_server(server)
            super().__init__()

    run_state_machine_as_test(OnPostgres, settings=settings(PATIENT, max_examples=10))
