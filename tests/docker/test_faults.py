"""Instances that crash, freeze, stop or are replaced under load: who may fail, and that nothing is lost."""

import json
import os
import signal
import subprocess
import time
import uuid
from datetime import datetime
from statistics import median
from typing import Any

import pytest
from harness.deployment import Deployment, wait_for
from harness.faults import frozen, host_pid
from harness.load import Load, Turn
from harness.streams import Stream

INSTANCES = 3
"""What conftest.SMALL runs."""


def name_of(container: Any) -> str:
    """The container as X-Agno-Instance names it."""
    return str(container.id[:12])


def whole_without(deployment: Deployment, gone: set[str]) -> bool:
    """Whether the service is at full count and healthy without these containers."""
    found = [container for container in deployment.containers("web") if container.id not in gone]
    return (
        sum(container.attrs["State"].get("Health", {}).get("Status") == "healthy" for container in found)
        >= INSTANCES
    )


def test_a_killed_instance_fails_only_what_was_in_flight_on_it(deployment: Deployment) -> None:
    victim = deployment.containers("web")[0]
    pid = host_pid(victim)
    with Load(deployment, per_second=15, message="slowly 1") as load:
        load.reach(60)
        in_flight, at = load.in_flight, load.now()
        os.kill(pid, signal.SIGKILL)
        wait_for(lambda: whole_without(deployment, {victim.id}), 60, "the killed instance to be replaced")
        replaced = load.now() - at
        load.reach(len(load.acknowledged) + 60)
    failed = [turn for turn in load.turns if not turn.good]
    print(
        f"in flight {in_flight}, failed {len(failed)} ({load.seen()}), "
        f"the last {max((turn.ended - at for turn in failed), default=0):.2f} s after the kill, "
        f"replaced in {replaced:.1f} s, {len(load.acknowledged)} turns"
    )
    assert name_of(victim) in load.acknowledged.values(), "the victim took no part"
    assert all(turn.sent <= at + 0.1 and at <= turn.ended <= at + 2 for turn in failed), failed
    assert 0 < len(failed) <= in_flight, "requests of a second each were in flight on every instance"
    assert len(failed) < in_flight, "those on the other instances went on"
    assert not load.lost()


def test_a_frozen_instance_is_out_within_30_s_and_stalls_nobody(deployment: Deployment) -> None:
    """Out of rotation is what counts: Swarm holds the place until the stop's grace is over or the freeze is."""
    victim = deployment.containers("web")[0]
    # More places than a third of 30 s of requests, which wait on the frozen instance.
    with Load(deployment, per_second=15, concurrency=400) as load:
        load.reach(90)
        with frozen(victim):
            at = load.now()
            time.sleep(38)
            end = load.now()
            waiting = load.in_flight
            meanwhile = [turn for turn in load.turns if at <= turn.sent]
        wait_for(lambda: whole_without(deployment, {victim.id}), 90, "the frozen instance to be replaced")
        replaced = load.now() - end
    before = [turn for turn in load.turns if turn.ended < at]
    late = [turn for turn in load.turns if at + 30 < turn.sent < end]
    stalled = [turn for turn in load.turns if at < turn.sent < end and (not turn.good or turn.seconds > 3)]
    last = max((turn.sent - at for turn in stalled), default=0.0)
    print(
        f"{waiting} requests waited, the last was sent {last:.1f} s after the freeze; replaced {replaced:.1f} s after "
        f"its end; {load.seen()}; the others: median {middle(before):.3f} s before, {middle(meanwhile):.3f} s "
        f"meanwhile, p99 {percentile(meanwhile, 99):.3f} s"
    )
    assert stalled, "no request met the frozen instance"
    assert len(late) > 50
    assert last <= 30
    assert all(turn.instance != name_of(victim) for turn in late)
    assert all(turn.good for turn in meanwhile), load.seen()
    assert middle(meanwhile) < 3 * middle(before) + 0.1
    assert percentile(meanwhile, 99) < 3
    assert not load.lost()


def middle(turns: list[Turn]) -> float:
    return median(turn.seconds for turn in turns)


def percentile(turns: list[Turn], percent: int) -> float:
    return sorted(turn.seconds for turn in turns)[len(turns) * percent // 100]


def test_docker_stop_fails_no_request(deployment: Deployment) -> None:
    # What two of the three instances can take, also while the third's successor starts on the same cores.
    with Load(deployment, per_second=8) as load:
        load.reach(40)
        for _ in range(3):
            victim = deployment.containers("web")[0]
            started = time.monotonic()
            subprocess.run(["docker", "stop", victim.id], check=True, capture_output=True, timeout=120)
            stopped = time.monotonic() - started
            wait_for(
                lambda gone={victim.id}: whole_without(deployment, gone),
                60,
                "the stopped instance to be replaced",
            )  # type: ignore[misc]
            print(
                f"stopped in {stopped:.1f} s, replaced in {time.monotonic() - started:.1f} s, failures {load.seen()}"
            )
        load.reach(len(load.acknowledged) + 40)
    slowest = max(turn.seconds for turn in load.turns)
    print(f"{len(load.acknowledged)} turns, slowest {slowest:.2f} s")
    assert not load.failures
    assert slowest < 10
    assert not load.lost()


@pytest.mark.timeout(300, func_only=True)
def test_a_rolling_change_fails_no_request_and_cuts_no_stream(deployment: Deployment) -> None:
    """Every instance is replaced; streams begun on the old ones go on to their end while those drain."""
    before = deployment.replaced("web")
    streams = [Stream(deployment, f"roll-{uuid.uuid4().hex[:8]}", "slowly 40") for _ in range(6)]
    for stream in streams:
        stream.until("RunContent")
    with Load(deployment, per_second=10) as load:
        load.reach(40)
        deployment.change({"app": {"environment": {"ROLLED": uuid.uuid4().hex}}})
        started = time.monotonic()
        deployment.up()
        rolled = time.monotonic() - started
        load.reach(400)
    slowest = max(turn.seconds for turn in load.turns)
    print(
        f"rolled in {rolled:.1f} s, {len(load.acknowledged)} turns, slowest {slowest:.2f} s, failures {load.seen()}"
    )
    assert not load.failures
    assert not load.lost()
    current = {container.id for container in deployment.containers("web")} - before
    assert len(current) == INSTANCES
    assert {container[:12] for container in current} <= set(load.acknowledged.values())

    overtaken = 0
    for stream in streams:
        stream.join(90)
        assert stream.names[-1] == "RunCompleted", stream
        assert "".join(event.data["content"] for event in stream.pieces).endswith("39 40 ")
        assert deployment.sql(f"SELECT count(*) FROM ai.agno_runs WHERE session_id = '{stream.session}'") == [
            ["1"]
        ]
        overtaken += stream.instance in {identifier[:12] for identifier in before} and any(
            event.at > draining_since(deployment, stream.instance) for event in stream.pieces
        )
    print(f"{overtaken} of {len(streams)} streams went on after their instance's SIGTERM")
    assert overtaken, "no stream outlived the SIGTERM of its instance"


def draining_since(deployment: Deployment, instance: str) -> float:
    """When the instance was told to stop, as its log says; never is infinity."""
    for line in deployment.engine.containers.get(instance).logs().decode().splitlines():
        event = json.loads(line) if line.startswith("{") else {}
        if event.get("message") == "draining":
            return datetime.fromisoformat(event["time"]).timestamp()
    return float("inf")
