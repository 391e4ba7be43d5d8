"""The scheduler's role: a schedule made through the API fires, and once."""

from typing import Any

from harness.variant import Variant


def test_a_schedule_fires_once_and_its_run_is_an_ordinary_one(
    variant: Variant, fired: list[dict[str, Any]]
) -> None:
    [run] = fired
    assert run["status"] in ("success", "completed"), run
    assert run["attempt"] == 1
    assert run["session_id"] == "scheduled"
    with variant.client() as client:
        runs = client.get("/sessions/scheduled/runs", params={"type": "workflow"}).json()
    assert [entry["run_id"] for entry in runs] == [run["run_id"]]
    assert "THE SCHEDULE SPEAKS" in str(runs[0])


def test_only_the_scheduler_s_instance_polls(variant: Variant) -> None:
    def polls(room: str) -> list[bool]:
        return [b"poller started" in container.logs() for container in variant.containers(room)]

    assert polls("scheduler") == [True]
    assert polls("web") == [False, False]
