"""Agents of one's own: built, pinned by id, and a change of a file is a rolling change. With it the pooler's mode."""

import re
from typing import Any

from harness.containers import execute
from harness.deployment import wait_for
from harness.variant import Variant


def shouted(variant: Variant) -> str:
    answer = variant.ask("workflows", "announce", "a plan")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["content"])


def image(variant: Variant, room: str) -> str:
    return str(variant.service(room).attrs["Spec"]["TaskTemplate"]["ContainerSpec"]["Image"])


def test_the_directory_is_an_image_pinned_by_its_id(variant: Variant) -> None:
    with variant.client() as client:
        assert [agent["id"] for agent in client.get("/agents").json()] == ["planner"]
        assert [team["id"] for team in client.get("/teams").json()] == ["office"]
    assert image(variant, "web") == image(variant, "scheduler")
    assert re.fullmatch(r"sha256:[0-9a-f]{64}", image(variant, "web"))
    assert "YOU SAID: A PLAN" in shouted(variant)
    # Its requirements.txt is installed.
    [web, *_] = variant.containers("web")
    assert (
        execute(web, ["python", "-c", "import humanize; print(humanize.__version__)"]).output == b"4.13.0\n"
    )


def test_a_changed_file_and_a_session_pooler_roll_out(variant: Variant, fired: list[Any]) -> None:
    """Other tests' schedule has fired: the scheduler is replaced too."""
    before = {
        room: variant.replaced(room)
        for room in ("web", "scheduler", "pgbouncer", "postgres", "redis", "nginx")
    }
    pinned = image(variant, "web")
    module = variant.agents / "my_agents.py"
    text = module.read_text()
    assert ".upper())" in text
    module.write_text(text.replace(".upper())", ".upper() + ' (changed)')"))
    variant.change({"postgres": {"pooler": {"mode": "session", "poolSize": 27}}})
    variant.up()
    # Old instances end after the update: they drain.
    wait_for(lambda: len(variant.containers("web")) == 2, 60, "the old instances to be gone")

    assert image(variant, "web") != pinned
    assert "YOU SAID: A PLAN (changed)" in shouted(variant)
    after = {room: variant.replaced(room) for room in before}
    assert {room for room in before if not before[room] & after[room]} == {"web", "scheduler", "pgbouncer"}
    assert {room for room in before if before[room] == after[room]} == {"postgres", "redis", "nginx"}
    [pooler] = variant.containers("pgbouncer")
    assert b"pool_mode = session" in execute(pooler, ["cat", "/etc/pgbouncer/pgbouncer.ini"]).output
    for number in range(4):
        assert variant.ask("agents", "planner", f"through the session pooler {number}").status_code == 200
