"""Changes through the real `pulumi` while clients talk to the stack."""

import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from agno_ha.operations.errors import OperationError
from agno_ha.targets.docker.images import Images
from harness.conversation import six_turns
from harness.deployment import Deployment, wait_for
from harness.load import Load
from harness.pulumi import Pulumi, touched

PER_SECOND = 8  # five instances, nginx, the stores, the client and pulumi share two cores

BROKEN = """\
import http.server, signal, sys
signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
class Broken(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_error(500)
    do_POST = do_GET
http.server.ThreadingHTTPServer(("0.0.0.0", 8000), Broken).serve_forever()
"""


def test_preview_up_again_and_refresh_find_nothing_to_do(main: Deployment, pulumi: Pulumi) -> None:
    before = main.replaced("web")
    assert touched(pulumi.preview()) == {}
    pulumi.run("preview", "--expect-no-changes", "--policy-pack", "policies")
    pulumi.run("up", "--yes", "--expect-no-changes", "--policy-pack", "policies")
    pulumi.run("refresh", "--yes", "--expect-no-changes")
    pulumi.run("preview", "--expect-no-changes")
    assert main.replaced("web") == before


def test_every_turn_sees_all_earlier_ones_on_any_instance(main: Deployment) -> None:
    six_turns(main)


def test_replacing_all_instances_fails_no_request(main: Deployment) -> None:
    seen: set[str] = set()
    rolls = 0
    with Load(main, per_second=12) as load:
        load.reach(50)
        while len(load.acknowledged) < 1950 or rolls < 2:
            before = main.replaced("web")
            rolls += 1
            main.change({"app": {"environment": {"ROLL": str(rolls)}}})
            main.up(ready=False)
            seen |= before
            # What was replaced last may still answer what it had accepted.
            wait_for(lambda: not main.replaced("web") & before, 60, "all instances to be replaced")  # noqa: B023
        load.reach(2000)
    print(f"{rolls} rolls, {len(load.acknowledged)} turns, failures: {load.seen()}")
    assert not load.failures, load.seen()
    assert len(load.acknowledged) >= 2000
    assert load.lost() == set()
    assert len(set(load.acknowledged.values())) >= 2 * (rolls + 1)


def test_scaling_is_one_step_and_fails_no_request(main: Deployment, pulumi: Pulumi) -> None:
    with Load(main, per_second=PER_SECOND) as load:
        load.reach(50)
        for count in (5, 2):
            main.change({"scaling": {"min": count}})
            assert touched(pulumi.preview()) == {
                "agno (AgnoService)": "update",  # its facts
                "agno-web (Service)": "update",
            }
            main.up(ready=False)
            wait_for(lambda: len(main.containers("web")) == count, 150, f"{count} instances")  # noqa: B023
            if count == 5:
                wait_for(lambda: len(set(load.acknowledged.values())) >= 5, 60, "all five to answer")
        load.reach(len(load.acknowledged) + 50)
    assert not load.failures, load.seen()
    assert load.lost() == set()


@pytest.fixture
def broken(pinned: Images, tmp_path: Path) -> str:
    """An image that listens on the app's port and answers everything with 500."""
    (tmp_path / "broken.py").write_text(BROKEN)
    (tmp_path / "Dockerfile").write_text(
        f'FROM {pinned.app}\nCOPY broken.py /broken.py\nENTRYPOINT ["python", "/broken.py"]\n'
    )
    done = subprocess.run(
        ["docker", "build", "-q", str(tmp_path)], capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_a_broken_version_is_rolled_back_and_reported(
    main: Deployment, pulumi: Pulumi, pinned: Images, broken: str
) -> None:
    before = main.replaced("web")
    with Load(main, per_second=PER_SECOND) as load:
        load.reach(50)
        main.change({"app": {"image": broken, "health": {"startPeriod": "10s"}}})  # found the sooner
        for attempt in ("the first", "the second", "the third"):
            begun = time.monotonic()
            with pytest.raises(OperationError) as refused:
                main.up(ready=False)
            print(f"{attempt} attempt, {time.monotonic() - begun:.0f} s: {refused.value}")
            assert "agno-web" in str(refused.value)
            assert "rollback completed" in str(refused.value)
            assert "unhealthy: its health check failed" in str(refused.value)
            wait_for(lambda: main.replaced("web") == before, 60, "the containers that ran before")
            # Nothing may look well that is not: what is asked for does not run.
            assert "agno-web (Service)" in touched(pulumi.preview())
        main.change({"app": {"image": pinned.app, "health": {"startPeriod": "60s"}}})
        main.up(ready=False)
        load.reach(len(load.acknowledged) + 50)
    assert not load.failures, load.seen()
    assert load.lost() == set()
    pulumi.run("preview", "--expect-no-changes")


@pytest.fixture
def production(main: Deployment) -> Callable[[str], None]:
    """Switches the stack's environment; nothing runs anew because of it."""

    def switch(environment: str) -> None:
        main.config["environment"] = environment
        main.change({})
        # What production on one machine can't have, or this stack leaves out.
        lacking = dict.fromkeys(("DB-003", "DB-006", "LB-003", "LB-106"), "advisory")
        (main.workspace.root / "policies" / "prod.yaml").write_text(yaml.safe_dump(lacking))

    return switch


def test_production_can_not_be_destroyed(
    main: Deployment, pulumi: Pulumi, production: Callable[[str], None]
) -> None:
    before = main.replaced("web")
    try:
        production("prod")
        pulumi.run("up", "--yes", "--policy-pack", "policies")
        protected = {
            entry["urn"].split("::")[-1] + " " + entry["type"].split(":")[-1]
            for entry in pulumi.resources()
            if entry.get("protect")
        }
        assert protected == {
            *("agno-postgres-data Volume", "agno-redis-data Volume"),
            *("agno-postgres-admin-password RandomPassword", "agno-redis-password RandomPassword"),
            *("agno-security-key RandomPassword", "agno-service-token RandomPassword"),
        }
        refused = pulumi.run("destroy", "--yes", code=None)
        assert refused.returncode != 0
        text = refused.stdout + refused.stderr
        assert "cannot be deleted" in text
        assert "protect" in text
        with pytest.raises(OperationError, match="protect"):
            main.down()
        assert main.replaced("web") == before
        assert main.get("/ready").status_code == 200
    finally:
        production("dev")
        pulumi.run("up", "--yes")
    assert not [entry for entry in pulumi.resources() if entry.get("protect")]
