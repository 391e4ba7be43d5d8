"""The variant stack, up for every test of this directory."""

import os
import shutil
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
import yaml
from harness.deployment import ROOT, wait_for
from harness.ports import free_port
from harness.variant import DIGEST, GIVEN, TOPOLOGY, Variant


@pytest.fixture(scope="package")
def variant(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Variant]:
    """The stack, up."""
    directory = tmp_path_factory.mktemp("variant")
    agents = directory / "my-agents"
    shutil.copytree(ROOT / "examples" / "my-agents", agents)
    module = agents / "my_agents.py"
    module.write_text(module.read_text() + DIGEST)
    # What stands in the stack file is encrypted for the CLI; nothing here can open it, and nothing needs to.
    config = {key: {"secure": "v1:bm9uY2U=:Y2lwaGVydGV4dA=="} for key in GIVEN}
    made = Variant(directory, "t-variant", topology=TOPOLOGY, **config)
    made.agents = agents
    # So that a policy other than the default is seen to reach Redis.
    evicts = {"urn": "*", "reason": "the tests want another value than the default", "expires": "9999-01-31"}
    exceptions = [{"rule": rule, **evicts} for rule in ("CACHE-002", "CACHE-102")]
    text = yaml.safe_dump({"exceptions": exceptions}).replace("'9999-01-31'", "9999-01-31")
    (directory / "policies" / "exceptions.yaml").write_text(text)
    made.change({"app": {"build": str(agents)}, "loadBalancer": {"httpsPort": free_port()}})
    environment = {f"AGNO_HA_{key.upper().replace('-', '_')}": value for key, value in GIVEN.items()}
    before = dict(os.environ)
    os.environ.update(environment)
    try:
        made.up()
        yield made
    finally:
        made.down()
        os.environ.clear()
        os.environ.update(before)


@pytest.fixture(scope="package")
def scheduled(variant: Variant) -> tuple[str, datetime]:
    """A schedule made through the API that is due once, in a minute or two: its id, and when."""
    due = (datetime.now(UTC) + timedelta(seconds=75)).replace(second=0, microsecond=0)
    with variant.client() as client:
        answer = client.post(
            "/schedules",
            json={
                "name": "once",
                "cron_expr": f"{due.minute} {due.hour} {due.day} {due.month} *",
                "endpoint": "/workflows/announce/runs",
                "payload": {"message": "the schedule speaks", "session_id": "scheduled"},
            },
        )
    assert answer.status_code == 201, answer.text
    return answer.json()["id"], due


@pytest.fixture(scope="package")
def fired(variant: Variant, scheduled: tuple[str, datetime]) -> list[dict[str, object]]:
    """The runs of the schedule, some seconds after the first one ended."""
    identifier, due = scheduled

    def runs() -> list[dict[str, object]]:
        with variant.client() as client:
            return list(client.get(f"/schedules/{identifier}/runs").json()["data"])

    left = (due - datetime.now(UTC)).total_seconds()
    wait_for(
        lambda: [run for run in runs() if run["completed_at"]], max(0, left) + 90, "the schedule's run", 1
    )
    time.sleep(3)
    return runs()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Within this directory, what changes the stack comes after everything that looks at it."""
    here = [place for place, item in enumerate(items) if item.path.parent == Path(__file__).parent]
    last = "test_a_changed_file_and_a_session_pooler_roll_out"
    ordered = sorted((items[place] for place in here), key=lambda item: item.name == last)
    for place, item in zip(here, ordered, strict=True):
        items[place] = item
