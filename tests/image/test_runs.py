"""Two instances, one session: turns, streams, background runs, cancellation, WebSocket, metrics, logs."""

import asyncio
import json
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from urllib.parse import quote

import httpx
import servers
import websockets
from agno_ha_image.events import parse
from conftest import Start

Pair = tuple[servers.Instance, servers.Instance]
AUTH = {"Authorization": f"Bearer {servers.KEY}".encode()}
RUNS = "/agents/assistant/runs"


def turns_seen(response: httpx.Response) -> int:
    assert response.status_code == 200, response.text
    found = re.search(r"I see (\d+) turns", response.json()["content"])
    assert found, response.text
    return int(found.group(1))


def test_every_turn_sees_all_earlier_ones_on_either_instance(pair: Pair) -> None:
    seen, served = [], set()
    for turn in range(6):
        response = servers.run(pair[turn % 2].url, f"turn {turn}", session="conversation")
        seen.append(turns_seen(response))
        served.add(response.headers["x-agno-instance"])
    assert seen == [1, 2, 3, 4, 5, 6]
    assert served == {instance.name for instance in pair}


def test_sessions_in_redis(start: Start, redis_server: servers.Redis) -> None:
    instances = [start(SESSION_STORE="redis"), start(SESSION_STORE="redis")]
    for instance in instances:
        instance.ready()
    seen = [turns_seen(servers.run(instances[turn % 2].url, "hi", session="in-redis")) for turn in range(6)]
    assert seen == [1, 2, 3, 4, 5, 6]
    assert redis_server.client().exists("agno:sessions:in-redis")
    detail = httpx.get(f"{instances[0].url}/sessions/in-redis/runs?type=agent", headers=AUTH, timeout=30)
    assert len(detail.json()) == 6
    accepted = httpx.post(
        f"{instances[0].url}{RUNS}", headers=AUTH, timeout=30,
        data={"message": "later", "session_id": "in-redis-2", "stream": "false", "background": "true"},
    ).json()  # fmt: skip
    servers.until(
        lambda: poll(instances[1], accepted)["status"] == "COMPLETED", 20, "the background run completes"
    )
    levels = {str(event["level"]) for instance in instances for event in instance.events()}
    assert "error" not in levels


def poll(instance: servers.Instance, accepted: dict[str, str]) -> dict[str, str]:
    url = f"{instance.url}{RUNS}/{accepted['run_id']}?session_id={accepted['session_id']}"
    return httpx.get(url, headers=AUTH, timeout=30).json()  # type: ignore[no-any-return]


def test_the_key_guards_all_but_the_probes(pair: Pair) -> None:
    for path, status in {
        "/agents": 401,
        "/sessions": 401,
        "/health": 200,
        "/ready": 200,
        "/metrics": 200,
        "/%6Detrics": 401,
    }.items():
        assert httpx.get(pair[0].url + path, timeout=30).status_code == status, path
    assert httpx.post(pair[0].url + RUNS, data={"message": "x"}, timeout=30).status_code == 401
    assert httpx.get(f"{pair[0].url}/agents", headers=AUTH, timeout=30).status_code == 200


def test_the_probe_of_the_container(pair: Pair) -> None:
    def probe(port: int, *path: str) -> int:
        command = [sys.executable, "-S", "-E", "-m", "agno_ha_image.healthcheck", *path]
        environment = {"PORT": str(port)}
        return subprocess.run(
            command, cwd=servers.IMAGE, env=environment, capture_output=True, check=False
        ).returncode

    port = pair[0].port
    assert (probe(port), probe(port, "/ready"), probe(port, "/nowhere"), probe(servers.free_port())) == (
        0,
        0,
        1,
        1,
    )


def test_a_request_id_is_kept_or_made(pair: Pair) -> None:
    given = httpx.get(f"{pair[0].url}/agents", headers={**AUTH, "X-Request-Id": "abc-1"}, timeout=30)
    assert given.headers["x-request-id"] == "abc-1"
    forged = httpx.get(f"{pair[0].url}/agents", headers={**AUTH, "X-Request-Id": 'a" b'}, timeout=30)
    assert re.fullmatch("[0-9a-f]{32}", forged.headers["x-request-id"])
    logged = [event for event in pair[0].events() if event.get("requestId") == "abc-1"]
    assert [(event["method"], event["path"], event["status"]) for event in logged] == [
        ("GET", "/agents", 200)
    ]


def frames(text: Iterator[str]) -> Iterator[tuple[float, dict[str, str]]]:
    for line in text:
        if line.startswith("data: "):
            yield time.monotonic(), json.loads(line[6:])


def test_a_stream_arrives_in_pieces(pair: Pair) -> None:
    data = {"message": "slowly 3", "session_id": "slow"}
    with httpx.stream("POST", pair[0].url + RUNS, data=data, headers=AUTH, timeout=30) as response:
        events = list(frames(response.iter_lines()))
    pieces = [at for at, event in events if event["event"] == "RunContent"]
    assert len(pieces) >= 4
    assert pieces[-1] - pieces[0] > 1.8
    assert events[-1][1]["event"] == "RunCompleted"


def test_a_background_stream_is_resumed_on_the_other_instance(pair: Pair) -> None:
    data = {"message": "slowly 3", "session_id": "resumed", "background": "true"}
    run_id = ""
    with httpx.stream("POST", pair[0].url + RUNS, data=data, headers=AUTH, timeout=30) as response:
        for _, event in frames(response.iter_lines()):
            run_id = event.get("run_id", run_id)
            if event["event"] == "RunContent":
                break  # the client is gone
    with httpx.stream(
        "POST",
        f"{pair[1].url}{RUNS}/{run_id}/resume",
        data={"session_id": "resumed"},
        headers=AUTH,
        timeout=30,
    ) as response:
        names = [event["event"] for _, event in frames(response.iter_lines())]
    assert names[-1] == "RunCompleted"
    assert names.count("RunContent") >= 4


def test_cancel_through_the_other_instance(pair: Pair) -> None:
    data = {"message": "slowly 60", "session_id": "cancelled"}
    started = time.monotonic()
    with httpx.stream("POST", pair[0].url + RUNS, data=data, headers=AUTH, timeout=30) as response:
        names = []
        for _, event in frames(response.iter_lines()):
            if not names:
                answer = httpx.post(f"{pair[1].url}{RUNS}/{event['run_id']}/cancel", headers=AUTH, timeout=30)
                assert answer.status_code == 200
            names.append(event["event"])
    assert "RunCancelled" in names
    assert time.monotonic() - started < 20


def test_the_same_idempotency_key_on_both_instances_is_one_run(pair: Pair) -> None:
    data = {"message": "once", "session_id": "idempotent", "stream": "false", "background": "true"}
    headers = {**AUTH, "Idempotency-Key": "key-1"}
    answers = [httpx.post(i.url + RUNS, data=data, headers=headers, timeout=30) for i in pair]
    assert [answer.status_code for answer in answers] == [202, 202]
    assert len({answer.json()["run_id"] for answer in answers}) == 1
    servers.until(lambda: poll(pair[1], answers[0].json())["status"] == "COMPLETED", 20, "the run completes")


def test_a_workflow_over_websocket(pair: Pair) -> None:
    async def go() -> list[str]:
        url = f"ws://127.0.0.1:{pair[0].port}/workflows/ws"
        async with websockets.connect(url) as socket:
            await socket.recv()
            await socket.send(json.dumps({"action": "authenticate", "token": servers.KEY}))
            start_message = {
                "action": "start-workflow",
                "workflow_id": "flow",
                "message": "hi",
                "session_id": "ws",
            }
            await socket.send(json.dumps(start_message))
            names = []
            async for message in socket:
                names.append(parse(str(message))[0])
                if names[-1] in {"WorkflowCompleted", "WorkflowError", "error"}:
                    return names
        return names

    assert asyncio.run(asyncio.wait_for(go(), 30))[-1] == "WorkflowCompleted"


def test_metrics(pair: Pair) -> None:
    def scrape() -> tuple[str, dict[str, float]]:
        text = httpx.get(f"{pair[0].url}/metrics", timeout=30).text
        found = re.findall(r"^(agno\S*) (\S+)$", text, re.MULTILINE)
        return text, {name: float(value) for name, value in found}

    servers.run(pair[0].url, "measured", session="metrics")
    # The depth is looked at now and then: what an earlier test had queued may still be in it.
    servers.until(lambda: scrape()[1]["agno_queue_depth"] == 0, 30, "the empty queue to be seen")
    text, values = scrape()
    assert values["agno_db_pool_size"] == 5
    assert values["agno_db_pool_limit"] == 9  # 5 + 5, one set aside for the queue's heartbeat
    assert values['agno_runs_total{outcome="completed"}'] >= 1
    assert values["agno_run_duration_seconds_count"] >= 1
    route = 'agno_http_requests_total{method="POST",route="/agents/{agent_id}/runs",status="200"}'
    assert values[route] >= 1
    assert f'instance="{pair[0].name}"' in text


def test_connections_carry_the_instances_name_and_stay_within_the_pool(
    pair: Pair, postgres: servers.Postgres
) -> None:
    async def load() -> list[int]:
        async with httpx.AsyncClient(headers=AUTH, timeout=60) as client:
            posts = [
                client.post(
                    pair[0].url + RUNS, data={"message": "x", "session_id": f"c{n}", "stream": "false"}
                )
                for n in range(30)
            ]
            return [response.status_code for response in await asyncio.gather(*posts)]

    assert asyncio.run(load()) == [200] * 30
    with postgres.connect() as connection:
        names = connection.execute("SELECT application_name FROM pg_stat_activity").fetchall()
    count = names.count((f"agno-web/{pair[0].name}",))
    assert 0 < count <= 10


def test_logs_are_json_without_secrets(pair: Pair) -> None:
    for instance in pair:
        text = instance.log.read_text()
        assert instance.events()
        assert instance.errors.read_text() == ""
        for secret in (servers.PASSWORD, servers.KEY, servers.TOKEN):
            for form in (secret, json.dumps(secret)[1:-1], quote(secret, safe="")):
                assert form not in text
        assert not [event for event in instance.events() if event["level"] in {"warning", "error"}]


def completed(instance: servers.Instance) -> float:
    text = httpx.get(f"{instance.url}/metrics", timeout=30).text
    found = re.search(r'^agno_runs_total{outcome="completed"} (\S+)$', text, re.MULTILINE)
    return float(found.group(1)) if found else 0.0


def test_several_workers_share_the_port_and_the_metrics(pair: Pair) -> None:
    before = completed(pair[1])
    for turn in range(8):
        assert turns_seen(servers.run(pair[1].url, "hi", session="workers")) == turn + 1
    assert completed(pair[1]) == before + 8
    pids = {
        event["message"] for event in pair[1].events() if "Started server process" in str(event["message"])
    }
    assert len(pids) == 2 + 1  # two workers, and the demo model


def test_the_scheduler_role_runs_a_schedule(fleet: list[servers.Instance]) -> None:
    web, _, scheduler = fleet
    schedule = {
        "name": "tick", "cron_expr": "* * * * *", "endpoint": RUNS, "method": "POST",
        "payload": {"message": "tick", "session_id": "scheduled", "stream": "false"},
    }  # fmt: skip
    created = httpx.post(f"{web.url}/schedules", json=schedule, headers=AUTH, timeout=30)
    assert created.status_code in {200, 201}, created.text
    triggered = httpx.post(
        f"{scheduler.url}/schedules/{created.json()['id']}/trigger", headers=AUTH, timeout=60
    )
    assert triggered.status_code == 200, triggered.text
    polling = ["poller" in str(event["message"]).lower() for event in scheduler.events()]
    assert any(polling)
    assert not any("poller" in str(event["message"]).lower() for event in web.events())
    servers.until(
        lambda: httpx.get(f"{web.url}/sessions/scheduled?type=agent", headers=AUTH, timeout=30).status_code == 200,
        20, "the scheduled turn is stored",
    )  # fmt: skip
