"""What lasts longer than a request: streams, background runs, cancelling, resuming and WebSockets, through nginx."""

import asyncio
import json
import os
import signal
import time
import uuid
from itertools import pairwise
from typing import Any

import pytest
import websockets
from harness.deployment import Deployment, wait_for
from harness.faults import host_pid
from harness.streams import Stream, events

RUNS = "/agents/assistant/runs"


def named(what: str) -> str:
    return f"{what}-{uuid.uuid4().hex[:8]}"


def test_an_answer_arrives_in_pieces(deployment: Deployment) -> None:
    stream = Stream(deployment, named("pieces"), "slowly 5").join(30)
    assert stream.names[-1] == "RunCompleted", stream
    pieces = stream.pieces
    assert [piece.data["content"] for piece in pieces[1:]] == ["1 ", "2 ", "3 ", "4 ", "5 "]
    gaps = [later.at - earlier.at for earlier, later in pairwise(pieces)]
    print("gaps between pieces:", ", ".join(f"{gap:.2f}" for gap in gaps))
    assert all(0.6 < gap < 1.4 for gap in gaps), gaps


def test_cancel_through_another_instance(deployment: Deployment) -> None:
    """Asked of an instance that does not run it: the first answer of another one is what cancels."""
    for _ in range(20):
        stream = Stream(deployment, named("cancelled"), "slowly 60")
        stream.until("RunContent")
        with deployment.client() as client:
            answer = client.post(f"{RUNS}/{stream.run_id}/cancel")
        assert answer.status_code == 200, answer.text
        asked = time.time()
        stream.join(20)
        assert "RunCancelled" in stream.names, stream
        if answer.headers["X-Agno-Instance"] != stream.instance:
            print(f"cancelled {stream.events[-1].at - asked:.2f} s after another instance was asked")
            return
    raise AssertionError("nginx always chose the instance that ran it")


def test_a_background_stream_is_resumed_through_another_instance(deployment: Deployment) -> None:
    session = named("resumed")
    form = {"message": "slowly 8", "session_id": session, "stream": "true", "background": "true"}
    with deployment.client() as client:
        with client.stream("POST", RUNS, files=multipart(form)) as response:
            first = response.headers["X-Agno-Instance"]
            for event in events(response):
                run_id = str(event.data.get("run_id"))
                if event.name == "RunContent":
                    break  # the client is gone
        for _ in range(20):
            with client.stream(
                "POST", f"{RUNS}/{run_id}/resume", files=multipart({"session_id": session})
            ) as resumed:
                assert resumed.status_code == 200
                if resumed.headers["X-Agno-Instance"] != first:
                    seen = list(events(resumed))
                    break
        else:
            raise AssertionError(f"only {first} answers")
    pieces = [event for event in seen if event.name == "RunContent" and event.data.get("content")]
    assert "".join(event.data["content"] for event in pieces).endswith("1 2 3 4 5 6 7 8 ")
    assert seen[-1].name == "RunCompleted"
    assert pieces[-1].at - pieces[0].at > 2, "nothing of it was live"


@pytest.mark.timeout(240, func_only=True)
def test_a_background_run_whose_owner_is_killed_is_finished_by_another(deployment: Deployment) -> None:
    session = named("orphan")
    form = {"message": "slowly 15", "session_id": session, "stream": "false", "background": "true"}
    with deployment.client() as client:
        accepted = client.post(RUNS, files=multipart(form))
    assert accepted.status_code == 202, accepted.text
    run_id = accepted.json()["run_id"]
    wait_for(lambda: job(deployment, run_id)[0] == "running", 20, "the run to begin")
    _, attempt, worker = job(deployment, run_id)
    assert attempt == "1"
    owner = owner_of(deployment, worker)
    time.sleep(3)
    os.kill(host_pid(owner), signal.SIGKILL)
    killed = time.monotonic()

    wait_for(lambda: job(deployment, run_id)[:2] == ["running", "2"], 150, "another instance to take the run")
    taken = time.monotonic() - killed
    finisher = owner_of(deployment, job(deployment, run_id)[2])
    assert finisher.id != owner.id

    def state() -> dict[str, Any]:
        answer = deployment.get(f"{RUNS}/{run_id}?session_id={session}")
        return answer.json() if answer.status_code == 200 else {}

    wait_for(lambda: state().get("status") == "COMPLETED", 60, "the run to be finished")
    print(f"taken {taken:.0f} s, finished {time.monotonic() - killed:.0f} s after its owner was killed")
    assert state()["content"].endswith("14 15 ")
    assert job(deployment, run_id)[:2] == ["completed", "2"]
    assert deployment.sql(f"SELECT count(*) FROM ai.agno_runs WHERE session_id = '{session}'") == [["1"]]


def job(deployment: Deployment, run_id: str) -> list[str]:
    """Status, attempt and worker of a run's ticket."""
    rows = deployment.sql(
        f"SELECT status, attempt, coalesce(locked_by, '') FROM ai.agno_jobs WHERE id = '{run_id}'"
    )
    return rows[0] if rows else ["", "", ""]


def owner_of(deployment: Deployment, worker: str) -> Any:
    """The container whose log names this worker of the queue."""
    found = [c for c in deployment.containers("web") if f"worker={worker}" in c.logs().decode()]
    assert len(found) == 1, f"{worker} is not in the instances' logs"
    return found[0]


def test_a_workflow_over_websocket(own: Deployment) -> None:
    session = named("socket")
    start = {"action": "start-workflow", "workflow_id": "flow", "message": "slowly 3", "session_id": session}

    async def talk() -> list[tuple[float, str]]:
        async with websockets.connect(f"{own.url.replace('http', 'ws', 1)}/workflows/ws") as socket:
            await socket.recv()
            await socket.send(json.dumps({"action": "authenticate", "token": own.key}))
            await socket.send(json.dumps(start))
            seen = []
            async for message in socket:
                text = str(message)  # an object, or an object behind `event: …\ndata: `
                seen.append((time.monotonic(), json.loads(text[text.index("{") :])["event"]))
                if seen[-1][1] in ("WorkflowCompleted", "WorkflowError", "error"):
                    break
            return seen

    seen = asyncio.run(asyncio.wait_for(talk(), 60))
    names = [name for _, name in seen]
    print(f"{len(seen)} events in {seen[-1][0] - seen[0][0]:.1f} s: {', '.join(dict.fromkeys(names))}")
    assert names[-1] == "WorkflowCompleted", names
    pieces = [at for at, name in seen if name == "RunContent"]
    assert pieces[-1] - pieces[0] > 1, "the pieces came all at once"
    rows = own.sql(
        f"SELECT status FROM ai.agno_runs WHERE session_id = '{session}' AND run_type = 'workflow'"
    )
    assert rows == [["COMPLETED"]]


def multipart(form: dict[str, str]) -> dict[str, tuple[None, str]]:
    return {name: (None, value) for name, value in form.items()}
