"""The connection budget against the real server: predicted at the peak, sampled through a full roll."""

import time
import uuid
from typing import Any

import httpx
import pytest
from harness.connections import sampled, slow
from harness.deployment import Deployment, wait_for
from harness.load import Load
from harness.streams import Stream


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
