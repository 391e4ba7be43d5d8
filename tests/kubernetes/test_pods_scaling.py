"""The autoscaler at work: by cpu, memory and requests, taken over by KEDA and back, with a roll at its ceiling."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Iterator

import pytest
from harness.cluster import kinds, kubectl
from harness.connections import sampled, slow
from harness.images import hungry
from harness.load import Load
from harness.pods import Pods, Watch
from harness.service import wait_for

from .conftest import INSTANCES, RATE, SMALL, told

MAX = SMALL["scaling"]["max"]
AFTER = 30
"""Seconds of SMALL's `cooldown.in`."""
PERIOD = 15
"""Seconds between two looks of the autoscaler; the last one under load may be that long before the calm."""


def follows(pods: Pods, load: Load, calm: Load) -> Watch:
    """From min to max under a load, and back under a calm one; nothing fails, and nothing acknowledged is lost."""
    with Watch(pods) as watch:
        with load:
            wait_for(lambda: len(pods.ready("web")) == MAX, 300, "the third pod")
            out = load.now()
            load.reach(len(load.acknowledged) + 40)
            assert pods.ready("web") <= set(load.acknowledged.values()), "the third pod took no part"
        with calm:
            wait_for(lambda: len(pods.names("web")) == INSTANCES, 400, "the third pod to go")
            back = calm.now()
            calm.reach(len(calm.acknowledged) + 5)
    told(load, f"out in {out:.0f} s, in again in {back:.0f} s")
    assert back > AFTER - PERIOD
    assert set(watch.asked) == {INSTANCES, MAX}
    assert min(watch.ready) >= INSTANCES
    assert not load.failures + calm.failures
    assert not load.lost() | calm.lost()
    return watch


@pytest.mark.timeout(900, func_only=True)
def test_the_autoscaler_follows_real_cpu(settled: Pods) -> None:
    """By what metrics-server measures, of turns that compute as long on any machine; they leave cpu for a start."""
    settled.change(
        {"app": {"agents": "hungry:agents"}, "scaling": {"cpu": 25}}, {"images": {"app": hungry()}}
    )
    settled.up()
    follows(settled, Load(settled, per_second=RATE, message="burn 40"), Load(settled, per_second=0.3))


@pytest.mark.timeout(1200, func_only=True)
def test_the_autoscaler_follows_real_memory(settled: Pods) -> None:
    """An agent holds 16 MiB for half a minute from each of its turns on, and frees them."""
    settled.change(
        {
            "app": {"agents": "hungry:agents"},
            "scaling": {"cpu": None, "memory": 50},
        },
        {"images": {"app": hungry()}},
    )
    settled.up()
    load = Load(settled, per_second=1.2, message="hold 16")
    follows(settled, load, Load(settled, per_second=0.3))
    assert not any(settled.restarts("web").values())


@pytest.mark.timeout(900, func_only=True)
def test_fixed_to_autoscaled_and_back_never_drops_below_the_lower_count(settled: Pods) -> None:
    """Also while KEDA takes over, which two owners at once could turn into a scale-in."""
    with Watch(settled) as watch, Load(settled, per_second=1) as load:
        settled.change({"scaling": {"min": MAX}})
        settled.up()
        wait_for(lambda: len(settled.ready("web")) == MAX, 240, "the third pod")
        fixed = len(watch.ready)
        settled.change({"scaling": {"min": INSTANCES}})
        settled.up()
        wait_for(lambda: len(settled.names("web")) == INSTANCES, 240, "the third pod to go")
        settled.change({"scaling": {"min": MAX}})
        settled.up()
        wait_for(lambda: len(settled.ready("web")) == MAX, 240, "the third pod again")
    told(load, f"{fixed} changes, {len(watch.ready)} in all")
    assert set(watch.asked) == {INSTANCES, MAX}
    assert min(watch.ready) >= INSTANCES
    assert not load.failures
    assert not load.lost()


@pytest.mark.timeout(900, func_only=True)
def test_a_roll_at_the_ceiling_keeps_to_the_predicted_connections(settled: Pods) -> None:
    """Old instances drain with runs that wait for a slow server, while new ones fill their pools."""
    settled.change({"scaling": {"min": MAX}, "postgres": {"pool": {"size": 4, "overflow": 1}}})
    settled.up()
    wait_for(lambda: len(settled.ready("web")) == MAX, 240, "the third pod")
    # Not for longer: an instance without a free connection is not ready, and a roll waits for those that are.
    with Load(settled, per_second=6) as load, sampled(settled) as samples, slow(settled, 3):
        settled.change({"app": {"environment": {"ROLLED": uuid.uuid4().hex}}})
        plan = settled.up()
        time.sleep(5)
    [service] = plan.of_type("agno-ha:index:AgnoService")
    needed = service.inputs["connectionsNeeded"]
    seen, users = max(samples, key=lambda sample: sample[0])
    told(load, f"predicted {needed}, seen at most {seen} in {len(samples)} samples: {users}")
    assert seen <= needed <= 2 * seen  # it was a test of the bound only if it came near
    assert len(users) > MAX, "no old instance beside the new ones"
    assert max(users.values()) <= 5
    assert len(samples) > 100
    assert not load.lost()


@pytest.fixture
def keda(settled: Pods) -> Iterator[Pods]:
    """The stack with KEDA in place of our HPA, by the Prometheus that the cluster has."""
    found = json.loads(
        kubectl("get", "services", "-A", "--field-selector=metadata.name=prometheus", "-o", "json").stdout
    )["items"]
    if "keda.sh/v1alpha1/ScaledObject" not in kinds() or not found:
        pytest.skip("the cluster has no KEDA, or no Service `prometheus`")
    spec, metadata = found[0]["spec"], found[0]["metadata"]
    settled.change(
        {"scaling": {"memory": 90, "requestsPerSecond": 0.8}},
        {
            "scaling": {
                "autoscaler": "keda",
                "prometheus": f"http://{spec['clusterIP']}:{spec['ports'][0]['port']}",
            },
            "monitoring": {"namespace": metadata["namespace"]},
        },
    )
    with Watch(settled) as watch:
        settled.up()
        wait_for(lambda: scaled_object(settled).get("Ready") == "True", 120, "KEDA to take over")
    assert set(watch.asked) == {INSTANCES}
    yield settled
    # docs/kubernetes.md: KEDA's HPA has the name of ours, and goes with the ScaledObject.
    with Watch(settled) as watch:
        settled.kubectl("delete", "scaledobject", "web")
        wait_for(lambda: not settled.get_json("hpa")["items"], 60, "KEDA's HPA to go")
        settled.change_back()
        settled.up()
    assert min(watch.asked) >= INSTANCES


def scaled_object(pods: Pods) -> dict[str, str]:
    """The conditions of the ScaledObject."""
    status = pods.get_json("scaledobject", "web").get("status", {})
    return {each["type"]: each["status"] for each in status.get("conditions", [])}


@pytest.mark.timeout(1200, func_only=True)
def test_keda_follows_the_requests_and_a_redeploy_keeps_its_count(keda: Pods) -> None:
    """By the image's own counter; the cpu and memory of the same ScaledObject are far from their targets."""
    [autoscaler] = keda.get_json("hpa")["items"]
    [owner] = autoscaler["metadata"]["ownerReferences"]
    assert (owner["kind"], owner["name"]) == ("ScaledObject", "web")
    measured = {each["type"] for each in autoscaler["spec"]["metrics"]}
    assert measured == {"ContainerResource", "External"}
    with Load(keda, per_second=RATE) as load, Watch(keda) as watch:
        wait_for(lambda: len(keda.ready("web")) == MAX, 300, "the third pod")
        keda.change({"app": {"environment": {"ROLLED": uuid.uuid4().hex}}})
        before, asked = keda.names("web"), len(watch.asked)
        keda.up()
        load.reach(len(load.acknowledged) + 20)
        after = keda.names("web")
    told(load, f"redeployed at {MAX}: asked for {sorted(set(watch.asked[asked:]))}")
    assert set(watch.asked[asked:]) == {MAX}
    assert min(watch.ready[asked:]) >= MAX
    assert len(after) == MAX
    assert not after & before
    assert not load.failures
    assert not load.lost()
    wait_for(lambda: len(keda.names("web")) == INSTANCES, 400, "the third pod to go")
    follows(keda, Load(keda, per_second=RATE), Load(keda, per_second=0.3))
