"""The guard alone, around small applications: what it lets through, holds back and replaces."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from agno.run.agent import RunOutput
from agno.run.base import RunStatus
from agno_ha_image.events import NOT_STORED
from agno_ha_image.guard import FailClosed
from agno_ha_image.ledger import StoreUnavailable, observe, unstored
from agno_ha_image.postgres import refuse_without_session
from agno_ha_image.readiness import Readiness
from starlette.responses import JSONResponse, StreamingResponse
from starlette.types import Receive, Scope, Send

RUNS = "/agents/assistant/runs"
READY = Readiness({})


@pytest.fixture(autouse=True)
def _clean() -> Iterator[None]:
    yield
    for identifier in ("r1", "s1"):
        unstored.stored(identifier)


def ask(app: object, method: str = "POST", path: str = RUNS, readiness: Readiness = READY) -> httpx.Response:
    async def go() -> httpx.Response:
        transport = httpx.ASGITransport(FailClosed(app, readiness))  # type: ignore[arg-type]
        async with httpx.AsyncClient(transport=transport, base_url="http://x") as client:
            return await client.request(method, path)

    return asyncio.run(go())


def answering(content: dict[str, object], status: int = 200, *, store_error: bool = False) -> object:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if store_error:
            observe("postgres", ConnectionError())
        await JSONResponse(content, status)(scope, receive, send)

    return app


def streaming(*frames: str) -> object:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        async def chunks() -> AsyncIterator[str]:
            for frame in frames:
                yield frame

        await StreamingResponse(chunks(), media_type="text/event-stream")(scope, receive, send)

    return app


def frame(event: str, **data: object) -> str:
    return f"event: {event}\ndata: {json.dumps({'event': event, 'run_id': 'r1', 'session_id': 's1', **data})}\n\n"


COMPLETED = {"run_id": "r1", "session_id": "s1", "status": "COMPLETED"}


def test_a_stored_run_is_answered_unchanged() -> None:
    response = ask(answering(COMPLETED, store_error=True))  # an error that the run recovered from
    assert (response.status_code, response.json()) == (200, COMPLETED)


@pytest.mark.parametrize("identifier", ["r1", "s1"])
def test_a_run_that_was_not_stored_is_503(identifier: str) -> None:
    unstored.failed(identifier, ConnectionError())
    response = ask(answering(COMPLETED))
    assert response.status_code == 503
    assert response.headers["retry-after"] == "5"
    assert response.json() == {"detail": NOT_STORED}


@pytest.mark.parametrize(
    "run",
    [RunOutput(run_id="r1", status=RunStatus.completed), {"status": "completed"}, {"status": "COMPLETED"}],
)
def test_no_run_is_completed_before_its_session_is_stored(run: object) -> None:
    """A later attempt of a background run would find it completed, and do nothing."""
    unstored.failed("s1", ConnectionError())
    with pytest.raises(StoreUnavailable):
        refuse_without_session(run, "s1")
    refuse_without_session({"status": "ERROR"}, "s1")
    unstored.stored("s1")
    refuse_without_session(run, "s1")


@pytest.mark.parametrize(("status", "content"), [(200, {"status": "ERROR"}), (404, {}), (500, {})])
def test_a_store_behind_an_error_makes_it_503(status: int, content: dict[str, object]) -> None:
    assert ask(answering(content, status)).status_code == status
    assert ask(answering(content, status, store_error=True)).status_code == 503


def test_a_read_of_a_failing_store_is_503_not_an_empty_list() -> None:
    assert ask(answering({"data": []}), "GET", "/sessions").status_code == 200
    assert ask(answering({"data": []}, store_error=True), "GET", "/sessions").status_code == 503


def test_an_exception_out_of_a_store_is_503_and_any_other_stays_an_exception() -> None:
    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        observe("postgres", ConnectionError())
        raise TimeoutError

    async def broken(scope: Scope, receive: Receive, send: Send) -> None:
        raise TimeoutError

    assert ask(app).status_code == 503
    with pytest.raises(TimeoutError):
        ask(broken)


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_with_a_store_down_nothing_begins(method: str) -> None:
    async def down() -> None:
        raise ConnectionError

    async def untouched(scope: Scope, receive: Receive, send: Send) -> None:
        raise AssertionError("reached")

    response = ask(untouched, method, "/anything", Readiness({"redis": down}))
    assert response.status_code == 503
    assert response.headers["retry-after"] == "5"
    assert response.json()["stores"] == {"redis": "ConnectionError"}


def test_a_stored_stream_passes_unchanged() -> None:
    frames = [frame("RunStarted"), frame("RunContent", content="ä"), frame("RunCompleted", content="ä")]
    assert ask(streaming(*frames)).text == "".join(frames)


@pytest.mark.parametrize(
    ("completed", "error"),
    [
        ("RunCompleted", "RunError"),
        ("TeamRunCompleted", "TeamRunError"),
        ("WorkflowCompleted", "WorkflowError"),
    ],
)
def test_a_stream_that_was_not_stored_ends_in_an_error(completed: str, error: str) -> None:
    unstored.failed("r1", ConnectionError())
    text = ask(streaming(frame("RunContent", content="hi"), frame(completed, content="hi"))).text
    assert completed not in text
    last = json.loads(text.strip().rpartition("data: ")[2])
    assert (last["event"], last["run_id"], last["content"]) == (error, "r1", NOT_STORED)


def test_a_stream_without_an_end_event_gets_the_error_too() -> None:
    unstored.failed("r1", ConnectionError())
    text = ask(streaming(frame("RunContent", content="hi"))).text
    assert text.startswith(frame("RunContent", content="hi"))
    assert "event: RunError" in text


def test_a_frozen_store_is_asked_once_and_reported_in_time() -> None:
    asked = 0

    async def frozen() -> None:
        nonlocal asked
        asked += 1
        await asyncio.sleep(60)

    async def go() -> list[dict[str, str]]:
        readiness = Readiness({"postgres": frozen}, timeout=0.1)
        answers = await asyncio.gather(*(readiness.problems() for _ in range(20)))
        return [*answers, await readiness.problems()]

    assert asyncio.run(go()) == [{"postgres": "no answer within 0.1 s"}] * 21
    assert asked == 1


def test_a_probe_that_waits_for_a_free_connection_is_no_outage() -> None:
    async def waiting() -> None:
        await asyncio.sleep(60)

    async def go() -> list[dict[str, str]]:
        readiness = Readiness({"postgres": waiting}, timeout=0.1)
        asking = asyncio.create_task(readiness.problems())
        await asyncio.sleep(0.08)
        readiness.answered("postgres")  # somebody else's query
        first = await asking
        await asyncio.sleep(0.1)
        return [first, await readiness.problems()]

    assert asyncio.run(go()) == [{}, {"postgres": "no answer within 0.1 s"}]


def test_a_busy_event_loop_is_no_reason_to_refuse() -> None:
    """A new instance imports much on its first requests: the store answers meanwhile, and nobody reads it."""

    async def answers() -> None:
        await asyncio.sleep(0.05)

    async def go() -> dict[str, str]:
        asking = asyncio.create_task(Readiness({"postgres": answers}, timeout=0.2).problems())
        await asyncio.sleep(0)
        time.sleep(0.5)
        return await asking

    assert asyncio.run(go()) == {}


@pytest.mark.parametrize("form", ["sse", "json"])
def test_a_websocket_says_error_in_place_of_completed_and_refuses_starts(form: str) -> None:
    unstored.failed("r1", ConnectionError())
    completed = frame("WorkflowCompleted", content="hi")
    text = completed if form == "sse" else completed.partition("data: ")[2].strip()
    sent: list[str] = []

    async def down() -> None:
        raise ConnectionError

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        message = await receive()
        assert message["text"] == "ping"  # what starts a run did not reach the application
        await send({"type": "websocket.send", "text": text})

    async def go() -> None:
        incoming = iter(['{"action": "start-workflow", "workflow_id": "w"}', "ping"])

        async def receive() -> dict[str, str]:
            return {"type": "websocket.receive", "text": next(incoming)}

        async def send(message: dict[str, str]) -> None:
            sent.append(message["text"])

        guard = FailClosed(app, Readiness({"postgres": down}))
        await guard({"type": "websocket"}, receive, send)  # type: ignore[arg-type]

    asyncio.run(go())
    assert json.loads(sent[0])["error"] == "Not ready: postgres. Nothing was done; retry."
    assert json.loads(sent[1].strip().removeprefix("event: WorkflowError\ndata: "))["content"] == NOT_STORED
