"""What the database holds by itself, on SQLite and on Postgres, also where many ask at the same moment."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
from agno_ha.operations.model import Kind, Operation, Outputs, Progress, State, Step
from agno_ha.operations.operations import Operations
from agno_ha.operations.processes import Owner
from agno_ha.operations.store import EndedError, Store, TakenError
from agno_ha.operations.worker import DATABASE

ME = Owner("here", 1, 2.5)


def begin(store: Store, stack: str = "dev", kind: Kind = Kind.PREVIEW, **more: Any) -> Operation:
    return store.begin(stack, kind, **{"requester": "ada", "owner": ME, **more})


def taken(store: Store, **more: Any) -> bool:
    try:
        begin(store, **more)
    except TakenError:
        return True
    return False


def test_an_operation_comes_back_as_it_was_kept(store: Store) -> None:
    made = begin(store)
    assert (made.state, made.ended, made.error, made.created.utcoffset()) == (
        State.RUNNING,
        None,
        None,
        made.created.utcoffset(),
    )
    assert made.created.tzinfo is not None
    seen = {"code": {"__main__.py": "1"}, "state": {"state": "2"}}
    store.note(made.id, digests={"code": "a", "state": "b"}, seen=seen)
    assert store.finish(made.id, State.SUCCEEDED, changes={"create": 2})
    kept = store.get(made.id)
    assert (kept.state, kept.digests, kept.changes) == (
        State.SUCCEEDED,
        {"code": "a", "state": "b"},
        {"create": 2},
    )
    assert kept.ended is not None
    assert kept.ended >= kept.created
    assert store.seen(made.id) == seen


def test_one_runs_on_a_stack_whoever_asks(store: Store, url: str) -> None:
    others = [Store(url) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        results = list(pool.map(lambda number: taken(others[number % 4]), range(16)))
    assert results.count(False) == 1
    [running] = store.running("dev")
    assert not taken(store, stack="other")
    store.finish(running.id, State.SUCCEEDED)
    assert not taken(store)
    for other in others:
        other.close()


def test_a_preview_is_carried_out_once(store: Store) -> None:
    with ThreadPoolExecutor(8) as pool:
        tries = list(pool.map(lambda n: taken(store, stack=f"s{n}", kind=Kind.UP, of="p"), range(8)))
    assert tries.count(False) == 1
    assert store.carrying_out("p") is not None
    assert store.carrying_out("q") is None


def test_a_key_stands_for_one_operation_of_one_requester(store: Store) -> None:
    made = begin(store, stack="a", key="k")
    assert taken(store, stack="b", key="k")
    assert not taken(store, stack="b", key="k", requester="bob")
    assert not taken(store, stack="c")
    assert not taken(store, stack="d")  # many without a key
    found = store.with_key("ada", "k")
    assert found is not None
    assert found.id == made.id


def test_events_are_numbered_without_gaps_whoever_appends(store: Store, url: str) -> None:
    made = begin(store)
    others = [Store(url) for _ in range(4)]
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda n: others[n % 4].append(made.id, Progress(message=f"{n}")), range(40)))
    found = store.events(made.id, 0)
    assert [event.sequence for event in found] == list(range(1, 41))
    assert {event.body.message for event in found} == {str(number) for number in range(40)}  # type: ignore[union-attr]
    assert [event.time for event in found] == sorted(event.time for event in found)
    assert [event.sequence for event in store.events(made.id, 38)] == [39, 40]
    for other in others:
        other.close()


def test_every_kind_of_event_comes_back(store: Store) -> None:
    made = begin(store)
    step = Step(
        status="planned", op="create", urn="urn:pulumi:dev::p::a:b:C::d", resource="d (C)", properties=("x",)
    )
    bodies = [step, Outputs(values={"url": "http://x", "facts": {"min": 2.0}, "key": "[secret]"})]
    for body in bodies:
        store.append(made.id, body)
    assert [event.body for event in store.events(made.id, 0)] == bodies


def test_nothing_happens_in_a_final_operation(store: Store) -> None:
    made = begin(store)
    assert store.finish(made.id, State.FAILED, error="why")
    before = store.get(made.id)
    assert not store.finish(made.id, State.SUCCEEDED)
    assert not store.own(made.id, ME)
    assert store.beat(made.id, ME) == (False, None)
    store.cancel(made.id, "ada")
    store.note(made.id, digests={"code": "x"}, seen={})
    with pytest.raises(EndedError):
        store.append(made.id, Progress(message="late"))
    assert store.get(made.id) == before


def test_a_sign_of_life_tells_whether_it_is_still_its_own(store: Store) -> None:
    made = begin(store)
    worker = Owner("here", 7, 3.5)
    assert store.own(made.id, worker)
    assert store.owner(made.id)[0] == worker
    assert store.beat(made.id, worker) == (True, None)
    assert store.beat(made.id, ME) == (False, None)
    store.cancel(made.id, "bob")
    assert store.beat(made.id, worker) == (True, "bob")


def test_the_first_approver_stays(store: Store) -> None:
    made = begin(store)
    assert store.approve(made.id, "bob")
    assert not store.approve(made.id, "eve")
    assert store.get(made.id).approver == "bob"


def test_history_is_newest_first_by_pages(store: Store) -> None:
    made = []
    for number in range(5):
        made.append(begin(store, stack="ab"[number % 2]).id)
        store.finish(made[-1], State.SUCCEEDED)
    newest = sorted(made, reverse=True)
    assert [operation.id for operation in store.history(None, 3, None)] == newest[:3]
    assert [operation.id for operation in store.history(None, 3, newest[2])] == newest[3:]
    assert {operation.id for operation in store.history("a", 9, None)} == set(made[::2])
    with pytest.raises(KeyError):
        store.get("none")


def test_its_own_files_are_the_users_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(DATABASE, raising=False)
    with closing(Operations(tmp_path)) as operations:
        begin(operations.store)
        files = list((tmp_path / ".agno-ha").iterdir())
        assert {file.stat().st_mode & 0o777 for file in files} == {0o600}
