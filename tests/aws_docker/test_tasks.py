"""The instances that the prod stack's task definition makes, on real stores under the names that it carries."""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
from harness.containers import execute
from harness.conversation import six_turns
from harness.load import Load
from harness.service import wait_for
from harness.streams import Stream

from .agent import Task, TaskError
from .conftest import TOPOLOGY
from .fleet import Fleet
from .test_agent import when

USERS = 24
OPEN = """
import os, psycopg
psycopg.connect(host=os.environ["POSTGRES_HOST"], user="agno", dbname="agno", sslmode="disable",
                password=os.environ["POSTGRES_PASSWORD"])
"""
READY = """
import urllib.error, urllib.request
try:
    urllib.request.urlopen("http://127.0.0.1:8000/ready")
except urllib.error.HTTPError as error:
    print(error.read().decode())
"""


@pytest.fixture(scope="module")
def tasks(fleet: Fleet) -> Iterator[list[Task]]:
    """Two tasks, started at once on the empty database."""
    assert fleet.sql("SELECT count(*) FROM pg_tables WHERE schemaname IN ('ai', 'agno_ha')") == [["0"]]
    with fleet.started(2) as made:
        yield made


def changed(fleet: Fleet, **environment: str) -> dict[str, Any]:
    """The web service's definition with other variables in those containers that have any."""
    made = fleet.definition
    containers = []
    for each in made["containerDefinitions"]:
        variables = {one["name"]: one["value"] for one in each["environment"]}
        variables |= environment if variables else {}
        named = [{"name": name, "value": value} for name, value in variables.items()]
        containers.append({**each, "environment": named})
    return {**made, "containerDefinitions": containers}


def test_two_tasks_start_at_once_on_an_empty_database(tasks: list[Task], fleet: Fleet) -> None:
    assert abs((when(tasks[0], "app", "StartedAt") - when(tasks[1], "app", "StartedAt")).total_seconds()) < 60
    said = []
    for task in tasks:
        assert when(task, "tmp", "FinishedAt") < when(task, "schema", "StartedAt")
        assert when(task, "schema", "FinishedAt") < when(task, "app", "StartedAt")
        assert [task.state(name)["ExitCode"] for name in ("tmp", "schema")] == [0, 0]
        said += [line["message"] for line in task.logs("schema") if line["message"].startswith("schema ")]
        assert "schema current" in [line["message"] for line in task.logs("app")]
        assert not [
            line
            for name in ("schema", "app")
            for line in task.logs(name)
            if line["level"] not in ("info", "debug")
        ]
    assert sorted(said) == ["schema current", "schema prepared"]
    sessions = [f"first-{number}" for number in range(USERS)]
    with ThreadPoolExecutor(8) as users:
        answers = list(users.map(lambda session: fleet.run(session, "hello"), sessions))
    assert [answer.status_code for answer in answers] == [200] * USERS
    stored = fleet.sql(
        "SELECT count(*) FROM ai.agno_runs WHERE session_id LIKE 'first-%' AND status = 'COMPLETED'"
    )
    assert stored == [[str(USERS)]]


def test_a_conversation_goes_over_both(tasks: list[Task], fleet: Fleet) -> None:
    six_turns(fleet)
    # A run of the durable queue, of which Redis tells the others; it takes TLS alone.
    answer = fleet.run("queued", "hello", background="true")
    assert answer.status_code == 202, answer.text
    ended = "SELECT count(*) FROM ai.agno_runs WHERE session_id = 'queued' AND status = 'COMPLETED'"
    wait_for(lambda: fleet.sql(ended) == [["1"]], 240, "a run of the queue to be in the store", every=2)
    clients = fleet.redis("CLIENT", "LIST")
    assert all(f"addr={task.address}:" in clients for task in tasks), clients


def test_each_container_is_as_closed_as_its_definition_says(tasks: list[Task]) -> None:
    for name, user in (("tmp", "0:0"), ("schema", "10001:10001"), ("app", "10001:10001")):
        attributes = tasks[0].containers[name].attrs
        assert attributes["HostConfig"]["ReadonlyRootfs"] is True
        assert attributes["HostConfig"]["CapDrop"] == ["ALL"]
        assert attributes["Config"]["User"] == user
    app = tasks[0].containers["app"]
    assert execute(app, ["touch", "/app/x"])[0] != 0
    assert execute(app, ["touch", "/tmp/x"])[0] == 0  # else Fargate's volume would be root's alone
    code, said = execute(app, ["cat", "/proc/1/status"])
    assert code == 0
    assert [line.split()[1] for line in said.decode().splitlines() if line.startswith("Cap")] == [
        "0" * 16
    ] * 5


def test_the_stores_are_tuned_as_asked_and_reached_by_tls_alone(tasks: list[Task], fleet: Fleet) -> None:
    asked = TOPOLOGY["postgres"]
    assert [[fleet.sql(f"SHOW {name}")[0][0]] for name in ("max_connections", "shared_buffers", "work_mem")] == [
        [str(asked["maxConnections"])], ["96MB"], ["3MB"]
    ]  # fmt: skip
    # The parameter group's are the server's own, so that a role finds them.
    assert fleet.sql(
        "SELECT boot_val IS NOT NULL, reset_val FROM pg_settings WHERE name = 'statement_timeout'"
    ) == [["t", "45000"]]
    open_, secure = fleet.sql(
        "SELECT count(*) FILTER (WHERE NOT ssl), count(*) FILTER (WHERE ssl) "
        "FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE usename = 'agno'"
    )[0]
    assert open_ == "0"
    assert int(secure) >= 2
    code, said = execute(tasks[0].containers["app"], ["python", "-c", OPEN])
    assert code != 0
    assert b"no pg_hba.conf entry" in said
    # 3 GiB of the node's 6,854,542,746 bytes, to a percent.
    maxmemory = int(fleet.redis("CONFIG", "GET", "maxmemory").splitlines()[1])
    assert 3 * 2**30 - 6_854_542_746 // 100 <= maxmemory <= 3 * 2**30
    assert fleet.redis("CONFIG", "GET", "maxmemory-policy").splitlines()[1] == "noeviction"


def test_a_postgres_that_nobody_vouches_for_is_not_talked_to(
    tasks: list[Task], fleet: Fleet, tmp_path: Path
) -> None:
    redis = tmp_path / "redis.pem"
    redis.write_text(fleet.servers.certificates["redis"])
    with fleet.task(changed(fleet, SCHEMA_TIMEOUT="3"), trust=redis) as task:
        with pytest.raises(TaskError, match="schema ended with 1"):
            task.start()
        assert "certificate verify failed" in task.said()


def test_a_redis_that_nobody_vouches_for_is_not_talked_to(
    tasks: list[Task], fleet: Fleet, tmp_path: Path
) -> None:
    postgres = tmp_path / "postgres.pem"
    postgres.write_text(fleet.servers.certificates["postgres"])
    with fleet.task(trust=postgres) as task:
        task.start()

        def problems() -> str:
            return str(execute(task.containers["app"], ["python", "-c", READY])[1].decode())

        wait_for(lambda: "redis" in problems(), 120, "an instance to say that Redis can't be had")
        assert "postgres" not in json.loads(problems())["problems"]


def test_without_a_schema_no_instance_starts(fleet: Fleet) -> None:
    made = changed(fleet, POSTGRES_HOST="nowhere.invalid", SCHEMA_TIMEOUT="3")
    with fleet.task(made) as task:
        with pytest.raises(TaskError, match="schema ended with 1, and another waits for its SUCCESS"):
            task.start()
        assert set(task.containers) == {"tmp", "schema"}


def test_a_stop_drains_within_its_time(tasks: list[Task], fleet: Fleet) -> None:
    """As the service takes a task away: no new requests, then SIGTERM while a run is still under way."""
    limit = tasks[0].given["app"]["stopTimeout"]
    with Load(fleet, per_second=2, concurrency=16) as load:
        load.reach(10)
        streams = [Stream(fleet, f"drain-{number}", "slowly 20") for number in range(2)]
        for stream in streams:
            stream.until("RunContent")
        leaving = next(task for task in tasks if streams[0].instance == task.name)
        fleet.balancer.deregister(leaving.address)
        assert not [name for stream in streams for name in stream.names if name == "RunCompleted"]
        begun = time.monotonic()
        codes = leaving.stop()
        seconds = time.monotonic() - begun
        ended = [stream.join(120) for stream in streams]
        load.reach(len(load.acknowledged) + 10)
    assert codes["app"] == 0, leaving.said()[-3000:]
    assert seconds < limit
    assert all(stream.names[-1] == "RunCompleted" for stream in ended), ended
    assert fleet.sql(
        "SELECT count(*) FROM ai.agno_runs WHERE session_id LIKE 'drain-%' AND status = 'COMPLETED'"
    ) == [["2"]]
    assert not load.failures, load.seen()
    assert not load.lost()
    # The conversation goes on where the rest is.
    answer = fleet.run("drain-0", "and now?")
    assert answer.status_code == 200
    assert "I see 2 turns" in answer.json()["content"]
