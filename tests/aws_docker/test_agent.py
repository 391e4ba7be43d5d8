"""The helper itself: the order of what depends on what, and what makes a task stop."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import pytest
from harness.images import images

from .agent import Task, TaskError
from .fleet import Fleet


def definition(fleet: Fleet, *containers: dict[str, Any]) -> dict[str, Any]:
    """The web service's, with small containers of the test's own."""
    common = {"image": images()["nginx"], "entryPoint": ["sh", "-c"]}
    return {**fleet.definition, "containerDefinitions": [{**common, **each} for each in containers]}


def after(name: str, condition: str) -> list[dict[str, str]]:
    return [{"containerName": name, "condition": condition}]


def when(task: Task, name: str, what: str) -> datetime:
    return datetime.fromisoformat(task.state(name)[what][:26].rstrip("Z") + "+00:00")


def test_each_condition_is_waited_for(fleet: Fleet) -> None:
    slow = {"command": ["touch", "/tmp/ready"], "interval": 1, "timeout": 2, "retries": 30}
    made = definition(
        fleet,
        {"name": "last", "command": ["sleep 60"], "dependsOn": [
            *after("started", "START"), *after("ended", "COMPLETE"), *after("good", "SUCCESS"),
            *after("healthy", "HEALTHY"),
        ]},
        {"name": "started", "command": ["sleep 60"], "essential": False},
        {"name": "ended", "command": ["sleep 1; exit 3"], "essential": False},
        {"name": "good", "command": ["sleep 2"], "essential": False},
        {"name": "healthy", "command": ["sleep 60"],
         "healthCheck": {**slow, "command": ["CMD-SHELL", "test -e /tmp/ready || { touch /tmp/ready; false; }"]}},
    )  # fmt: skip
    with fleet.task(made) as task:
        task.start()
        begun = when(task, "last", "StartedAt")
        assert begun > when(task, "ended", "FinishedAt")
        assert begun > when(task, "good", "FinishedAt")
        assert task.state("healthy")["Health"]["Status"] == "healthy"
        assert task.state("healthy")["Health"]["Log"][0]["ExitCode"] == 1
        assert task.state("started")["Status"] == "running"
        codes = task.stop()
    assert (codes["ended"], codes["good"]) == (3, 0)


def test_what_waits_for_a_failure_never_starts(fleet: Fleet) -> None:
    made = definition(
        fleet,
        {"name": "app", "command": ["sleep 60"], "dependsOn": after("schema", "SUCCESS")},
        {"name": "schema", "command": ["echo no database; exit 4"], "essential": False},
    )
    with fleet.task(made) as task:
        with pytest.raises(
            TaskError, match="schema ended with 4, and another waits for its SUCCESS: schema: no database"
        ):
            task.start()
        assert set(task.containers) == {"schema"}


def test_the_task_ends_with_what_is_essential(fleet: Fleet) -> None:
    made = definition(
        fleet, {"name": "app", "command": ["sleep 1; exit 5"]}, {"name": "beside", "command": ["sleep 60"]}
    )
    with fleet.task(made) as task:
        task.start()
        task.containers["app"].wait()
        with pytest.raises(TaskError, match="essential container app ended with 5"):
            task.until_healthy()
        assert task.state("beside")["Status"] == "exited"


def test_who_does_not_stop_is_killed_after_its_stop_timeout(fleet: Fleet) -> None:
    with fleet.task(
        definition(
            fleet, {"name": "app", "command": ["trap '' TERM; while :; do sleep 1; done"], "stopTimeout": 2}
        )
    ) as task:
        task.start()
        assert task.stop() == {"app": 137}


def test_the_containers_of_a_task_share_its_address(fleet: Fleet) -> None:
    with fleet.task(
        definition(
            fleet,
            {"name": "app", "command": ["sleep 60"]},
            {"name": "beside", "command": ["hostname -i; sleep 60"]},
        )
    ) as task:
        task.start()
        assert task.said().split() == ["beside:", task.address]


def test_a_secret_that_the_role_may_not_read_is_refused(fleet: Fleet) -> None:
    secret = fleet.cloud.client("secretsmanager").create_secret(Name="somebody-elses", SecretString="hidden")[
        "ARN"
    ]
    made = definition(
        fleet, {"name": "app", "command": ["env"], "secrets": [{"name": "HIDDEN", "valueFrom": secret}]}
    )
    with fleet.task(made) as task, pytest.raises(AssertionError, match="the execution role may not read"):
        task.start()


def test_what_the_helper_does_not_know_is_an_error(fleet: Fleet) -> None:
    made = definition(fleet, {"name": "app", "command": ["sleep 60"], "privileged": True})
    with fleet.task(made) as task, pytest.raises(AssertionError, match="privileged"):
        task.start()
