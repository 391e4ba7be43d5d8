"""Stores that are down for two minutes under load: refused, not lost; nobody restarts, and traffic comes back."""

import time

import pytest
from harness.deployment import Deployment, wait_for
from harness.load import Load

DOWN = 120
"""Seconds without the store: longer than every timeout, retry and health check on the way."""


@pytest.mark.timeout(400, func_only=True)
@pytest.mark.parametrize("store", ["postgres", "redis"])
def test_a_store_down_for_two_minutes(deployment: Deployment, store: str) -> None:
    instances = deployment.replaced("web")
    with Load(deployment, per_second=10) as load:
        load.reach(50)
        deployment.service(store).scale(0)
        wait_for(lambda: not deployment.containers(store), 60, f"{store} to stop")
        down = load.now()
        time.sleep(DOWN)
        still_ready = deployment.get("/ready").status_code
        deployment.service(store).scale(1)
        asked = load.now()
        acknowledged = len(load.acknowledged)
        load.reach(acknowledged + 1, timeout=90)
        back = load.now() - asked
        load.reach(acknowledged + 100, timeout=60)
        recovered = load.now()
    failed = [turn for turn in load.turns if not turn.good]
    meanwhile = [turn for turn in load.turns if down + 1 < turn.sent and turn.ended < asked]
    slowest = max(turn.seconds for turn in failed)
    print(
        f"{store}: {len(meanwhile)} refused meanwhile, slowest {slowest:.2f} s; the first turn {back:.1f} s after "
        f"`scale 1`, the last failure {max(turn.ended for turn in failed) - asked:.1f} s after; "
        f"{len(load.acknowledged)} acknowledged, {load.seen()}"
    )
    assert len(meanwhile) > DOWN * 5
    assert {turn.outcome for turn in failed} == {"503"}, load.seen()
    assert all(turn.retry_after for turn in failed)
    assert not any(turn.good for turn in meanwhile)
    assert slowest < 15
    assert still_ready == 503
    assert deployment.replaced("web") == instances, "instances were restarted"
    assert back < 60
    assert max(turn.ended for turn in failed) < recovered - 2, "runs still fail"
    assert not load.lost()
