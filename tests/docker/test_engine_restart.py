"""The Docker daemon restarted: on an engine of the test's own, because others may use the machine's."""

import os
import time
from collections.abc import Iterator
from pathlib import Path

import docker
import pytest
from agno_ha.operations import swarm
from agno_ha.operations.workspace import Workspace
from agno_ha.targets.docker.images import resolve
from agno_ha.targets.docker.settings import DockerSettings
from agno_ha.topology import Topology
from harness import private_engine
from harness.deployment import Deployment, wait_for
from harness.load import Load

TOPOLOGY = {
    "app": {"memory": "384MiB", "drain": {"delay": "1s"}, "health": {"startPeriod": "120s"}},
    "scaling": {"min": 2, "max": 2},
}


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch) -> Iterator[private_engine.PrivateEngine]:
    if reason := private_engine.missing():
        pytest.skip(f"the engine's restart is not tested: {reason}")
    source = docker.from_env()
    pins = resolve(Topology(), DockerSettings(), print, source)
    wanted = [
        source.images.get(pin).tags[0] for pin in (pins.app, pins.postgres, pins.redis, pins.nginx) if pin
    ]
    source.close()
    with private_engine.PrivateEngine() as made:
        made.copy_images(wanted)
        monkeypatch.setenv("DOCKER_HOST", made.host)
        with made.network():
            yield made


@pytest.mark.timeout(420, func_only=True)
def test_everything_comes_back_with_its_data(engine: private_engine.PrivateEngine, tmp_path: Path) -> None:
    with swarm.engine() as client:
        swarm.ensure_swarm(Workspace(tmp_path, "swarm"), client, print)
    deployment = Deployment(tmp_path / "restart", "t-restart", topology=TOPOLOGY)
    deployment.up()
    for turn in range(1, 4):
        assert f"I see {turn} turn" in deployment.run("before", f"turn {turn}").json()["content"]
    deployment.redis("SET", "kept", "yes")
    with Load(deployment, per_second=10) as load:
        load.reach(100)
        stopping = time.monotonic()
        engine.stop()
        stopped = time.monotonic()
        engine.start()
        started = time.monotonic()
        deployment.until_ready(120)
        ready = time.monotonic()
        load.reach(len(load.acknowledged) + 100)
    wait_for(lambda: len(deployment.containers("web")) == 2, 60, "both instances")
    print(
        f"stopped in {stopped - stopping:.1f} s, started in {started - stopped:.1f} s, ready {ready - started:.1f} s "
        f"later; {len(load.acknowledged)} acknowledged, {load.seen()}"
    )
    assert load.failures, "the engine was never away"
    assert "I see 4 turn" in deployment.run("before", "turn 4").json()["content"]
    assert deployment.redis("GET", "kept") == "yes"
    assert not load.lost()
    late = [turn for turn in load.turns if not turn.good and turn.sent > load.now() - 5]
    assert not late, late
    assert os.environ["DOCKER_HOST"] == engine.host
    deployment.down()
