"""The connection budget against the real server: predicted at the peak, sampled through a full roll."""

import json
import subprocess
import time
import uuid
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from threading import Thread
from typing import IO, Any

import httpx
import pytest
from harness.deployment import PSQL, Deployment, wait_for
from harness.load import Load
from harness.streams import Stream

CONNECTIONS = """
SELECT coalesce(sum(n), 0), coalesce(jsonb_object_agg(application_name, n), '{}') FROM (
  SELECT application_name, count(*) AS n FROM pg_stat_activity WHERE usename = 'agno' GROUP BY 1
) AS users \\watch 0.1
"""
SLOW = """
SET statement_timeout = 0; BEGIN; LOCK TABLE ai.agno_runs, ai.agno_sessions IN SHARE ROW EXCLUSIVE MODE;
SELECT pg_sleep(200);
"""
"""Writers wait, readers don't: every run keeps its connection, as on a slow server."""


@pytest.mark.timeout(300, func_only=True)
def test_the_predicted_peak_is_never_passed_and_nearly_reached(own: Deployment) -> None:
    """A roll at scaling.min = scaling.max: old instances drain with streams while new ones fill their pools."""
    streams = [Stream(own, f"peak-{uuid.uuid4().hex[:8]}", "slowly 60") for _ in range(6)]
    for stream in streams:
        stream.until("RunContent")
    background(own, 4)
    # The load ends last: its runs wait for the slow server.
    with Load(own, per_second=15) as load, sampled(own) as samples, slow(own):
        own.change({"app": {"environment": {"ROLLED": uuid.uuid4().hex}}})
        plan = own.up(ready=False)
        wait_for(lambda: len(samples[-1][1]) >= 4 and min(samples[-1][1].values()) >= 7, 30, "full pools")
        time.sleep(2)
    needed = facts(plan)["connectionsNeeded"]
    seen, users = max(samples, key=lambda sample: sample[0])
    print(
        f"predicted {needed}, seen at most {seen} in {len(samples)} samples ({needed / seen:.2f}): {users}; "
        f"load {load.seen()}, {len(load.acknowledged)} acknowledged"
    )
    assert seen <= needed <= 1.25 * seen
    assert max(users.values()) <= 8
    assert len(samples) > 100
    for stream in streams:
        stream.join(90)
        assert stream.names[-1] == "RunCompleted", stream
    assert not load.lost()


def facts(plan: Any) -> dict[str, Any]:
    """The capacity facts that the component registered."""
    [service] = [resource for resource in plan.resources if resource.type == "agno-ha:index:AgnoService"]
    return dict(service.inputs)


def background(deployment: Deployment, count: int) -> None:
    """Background runs: they keep the queue's heartbeat, which has a connection of its own, beating."""
    for _ in range(count):
        answer: httpx.Response = deployment.run(
            f"peak-{uuid.uuid4().hex[:8]}", "slowly 60", background="true"
        )
        assert answer.status_code == 202, answer.text


@contextmanager
def sampled(deployment: Deployment) -> Iterator[list[tuple[int, dict[str, int]]]]:
    """The app's connections every 100 ms, in all and by instance, from one session of the superuser's."""
    samples: list[tuple[int, dict[str, int]]] = []

    def read(lines: IO[str]) -> None:
        for line in lines:
            total, _, users = line.partition("|")
            if users:
                samples.append((int(total), json.loads(users)))

    mark = "pg_stat_activity WHERE usename = ''agno''"
    with psql(deployment, CONNECTIONS, mark) as output:
        reader = Thread(target=read, args=(output,), daemon=True)
        reader.start()
        wait_for(lambda: samples, 20, "the first sample")
        yield samples
        end_sessions(deployment, mark)
        reader.join(10)  # before its file is closed


def slow(deployment: Deployment) -> AbstractContextManager[IO[str]]:
    """A server that takes its time over writes."""
    return psql(deployment, SLOW, "pg_sleep(200)")


@contextmanager
def psql(deployment: Deployment, script: str, mark: str) -> Iterator[IO[str]]:
    """Run a script as the superuser inside the Postgres container: its output, until the block ends.

    `mark` is a part of its query, by which its session is found and ended.
    """
    [container] = deployment.containers("postgres")
    command = ["docker", "exec", "-i", container.id, *PSQL, "-d", "agno", "-At"]
    with subprocess.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    ) as process:
        assert process.stdin
        assert process.stdout
        process.stdin.write(script)
        process.stdin.close()
        try:
            yield process.stdout
        finally:
            end_sessions(deployment, mark)


def end_sessions(deployment: Deployment, text: str) -> None:
    deployment.sql(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        f"WHERE usename = 'postgres' AND pid <> pg_backend_pid() AND query LIKE '%{text}%'"
    )
