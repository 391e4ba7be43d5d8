"""Pods replaced, killed, evicted and scaled under load: who may fail, and that no acknowledged turn is lost."""

from __future__ import annotations

import time
import uuid

import pytest
from harness.images import hungry
from harness.load import Load
from harness.pods import Pods, evict, kill
from harness.service import wait_for
from harness.streams import Stream

from .conftest import INSTANCES, RATE, told


def whole(pods: Pods, without: set[str]) -> bool:
    """Whether as many other pods as it takes are ready."""
    return len(pods.ready("web") - without) >= INSTANCES


@pytest.fixture(autouse=True)
def _settled(settled: Pods) -> None:
    """Each test begins with the stack as it was."""


@pytest.mark.timeout(600, func_only=True)
def test_a_rolling_restart_fails_no_request_and_cuts_no_stream(pods: Pods) -> None:
    before = pods.names("web")
    streams = [Stream(pods, f"roll-{uuid.uuid4().hex[:8]}", "slowly 60") for _ in range(4)]
    for stream in streams:
        stream.until("RunContent", timeout=60)
    with Load(pods, per_second=RATE) as load:
        load.reach(30)
        at = load.now()
        pods.kubectl("rollout", "restart", "deployment/web")
        pods.rolled()
        rolled = load.now() - at
        load.reach(len(load.acknowledged) + 60)
    told(load, f"rolled in {rolled:.0f} s")
    assert not load.failures
    assert not load.lost()
    after = pods.names("web") - before
    assert len(after) == INSTANCES
    assert after <= set(load.acknowledged.values()), "a new pod took no part"
    for stream in streams:
        stream.join(120)
        assert stream.names[-1] == "RunCompleted", stream
        assert "".join(event.data["content"] for event in stream.pieces).endswith("59 60 ")
    assert {stream.instance for stream in streams} <= before


@pytest.mark.timeout(400, func_only=True)
def test_a_killed_container_fails_only_what_was_in_flight_on_it(pods: Pods) -> None:
    victim = pods.pods("web")[0]
    name = victim["metadata"]["name"]
    restarts = pods.restarts("web")[name]
    with Load(pods, per_second=RATE, message="slowly 6") as load:  # some 18 in flight: not all on one pod
        load.reach(30)
        in_flight, at = load.in_flight, load.now()
        kill(victim)
        wait_for(
            lambda: pods.restarts("web").get(name, 0) > restarts, 60, "the container to be started again"
        )
        wait_for(lambda: whole(pods, set()), 180, "the pod to be ready again")
        again = load.now() - at
        load.reach(len(load.acknowledged) + 40)
    failed = [turn for turn in load.turns if not turn.good]
    told(load, f"in flight {in_flight}, failed {len(failed)}, ready again in {again:.0f} s")
    assert name in load.acknowledged.values(), "the victim took no part"
    assert all(turn.sent <= at + 0.3 and at <= turn.ended <= at + 5 for turn in failed), failed
    assert 0 < len(failed) < in_flight, "those on the other pod went on"
    assert not load.lost()


@pytest.mark.timeout(600, func_only=True)
def test_eviction_takes_one_pod_at_a_time_and_fails_nothing(pods: Pods) -> None:
    before = sorted(pods.names("web"))
    refused = 0
    with Load(pods, per_second=RATE) as load:
        load.reach(30)
        at = load.now()
        for name in before:
            end = time.monotonic() + 240
            while not evict(pods, name):
                refused += 1
                assert time.monotonic() < end, "the budget blocks the drain"
                time.sleep(1)
            assert len(pods.ready("web")) >= INSTANCES - 1
        wait_for(lambda: whole(pods, set(before)), 240, "the evicted pods to be replaced")
        drained = load.now() - at
        load.reach(len(load.acknowledged) + 30)
    told(load, f"both evicted and replaced in {drained:.0f} s, {refused} evictions refused meanwhile")
    assert refused, "the budget let both go at once"
    assert not load.failures
    assert not load.lost()


@pytest.mark.timeout(600, func_only=True)
def test_scaling_up_and_down_fails_nothing(pods: Pods) -> None:
    with Load(pods, per_second=RATE) as load:
        load.reach(30)
        at = load.now()
        pods.change({"scaling": {"min": 3}})
        pods.up()
        wait_for(lambda: len(pods.ready("web")) == 3, 240, "the third pod")
        up = load.now() - at
        load.reach(len(load.acknowledged) + 60)
        three = pods.ready("web")
        assert three <= set(load.acknowledged.values()), "the third pod took no part"
        pods.change({"scaling": {"min": 2}})
        pods.up()
        at = load.now()
        wait_for(lambda: len(pods.names("web")) == INSTANCES, 400, "the third pod to go")
        down = load.now() - at
        load.reach(len(load.acknowledged) + 120)
    told(load, f"up in {up:.0f} s, down in {down:.0f} s")
    assert not load.failures
    assert not load.lost()


@pytest.mark.timeout(600, func_only=True)
@pytest.mark.parametrize("store", ["postgres", "redis"])
def test_a_store_that_is_away_restarts_nothing(pods: Pods, store: str) -> None:
    """Longer than every probe's patience: refused, not lost, and back by itself."""
    restarts = pods.restarts("web")
    with Load(pods, per_second=RATE) as load:
        load.reach(30)
        pods.kubectl("scale", f"statefulset/{store}", "--replicas=0")
        wait_for(lambda: not pods.names(store), 60, f"{store} to stop")
        wait_for(lambda: not pods.ready("web"), 60, "the pods to be left out")
        down = load.now()
        time.sleep(120)
        still = pods.get("/ready").status_code
        pods.kubectl("scale", f"statefulset/{store}", "--replicas=1")
        asked = load.now()
        acknowledged = len(load.acknowledged)
        load.reach(acknowledged + 1, timeout=180)
        back = load.now() - asked
        load.reach(acknowledged + 60, timeout=120)
        recovered = load.now()
    failed = [turn for turn in load.turns if not turn.good]
    meanwhile = [turn for turn in load.turns if down + 1 < turn.sent and turn.ended < asked]
    told(load, f"{store}: {len(meanwhile)} refused meanwhile, back {back:.0f} s after `scale 1`")
    assert len(meanwhile) > 120 * RATE / 2
    assert {turn.outcome for turn in failed} == {"503"}, load.seen()
    assert all(turn.retry_after for turn in failed)
    assert not any(turn.good for turn in meanwhile)
    assert still == 503
    assert pods.restarts("web") == restarts, "pods were restarted"
    assert max(turn.ended for turn in failed) < recovered - 2, "runs still fail"
    assert not load.lost()


@pytest.mark.timeout(600, func_only=True)
def test_a_changed_image_fails_no_request(pods: Pods) -> None:
    before, image = pods.names("web"), hungry()
    with Load(pods, per_second=RATE) as load:
        load.reach(30)
        at = load.now()
        pods.change({"app": {"agents": "hungry:agents"}}, {"images": {"app": image}})
        pods.up()
        rolled = load.now() - at
        load.reach(len(load.acknowledged) + 60)
    told(load, f"another image in {rolled:.0f} s")
    assert not load.failures
    assert not load.lost()
    assert {pod["spec"]["containers"][0]["image"] for pod in pods.pods("web")} == {image}
    assert pods.names("web") - before <= set(load.acknowledged.values()), "a new pod took no part"


NO_CHANGES = """
CREATE OR REPLACE FUNCTION refuse() RETURNS event_trigger LANGUAGE plpgsql AS
  $$ BEGIN RAISE EXCEPTION 'no migration today'; END $$;
CREATE EVENT TRIGGER refuse ON ddl_command_start EXECUTE FUNCTION refuse();
UPDATE agno_ha.schema_revision SET revision = 'another';
"""


@pytest.mark.timeout(600, func_only=True)
def test_a_migration_that_fails_keeps_the_old_pods_serving(pods: Pods) -> None:
    """What a new version needs, the database refuses: `up` fails, and goes through once it is let."""
    before = pods.names("web")
    with Load(pods, per_second=RATE) as load:
        load.reach(30)
        pods.sql(NO_CHANGES)
        try:
            pods.change({"app": {"environment": {"SCHEMA_TIMEOUT": "5"}}})
            with pytest.raises(AssertionError, match="timed out"):
                pods.up(timeout=60)
            [new] = pods.names("web") - before
            wait_for(lambda: pods.init_restarts(new), 120, "the migration to be tried again")
            log = ("logs", new, "--container=schema")
            wait_for(lambda: "no migration today" in pods.kubectl(*log), 120, "the migration to say why", 2)
            load.reach(len(load.acknowledged) + 30)
            assert pods.ready("web") == before
        finally:
            pods.sql("DROP EVENT TRIGGER refuse")
        pods.rolled()
        load.reach(len(load.acknowledged) + 30)
    told(load, f"{pods.init_restarts(new)} tries failed")
    assert not load.failures
    assert not load.lost()
    assert not pods.names("web") & before
