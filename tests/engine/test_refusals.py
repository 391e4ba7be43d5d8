"""What must not be deployed is stopped before anything is created, and said in words."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from agno_ha.operations.errors import OperationError
from agno_ha.targets.docker.images import Images
from engine.conftest import labelled, settings
from harness.deployment import Deployment
from harness.pulumi import Pulumi

Make = Callable[..., Deployment]
ABOVE_THE_CEILING: dict[str, Any] = {
    "scaling": {"min": 2, "max": 11},
    "postgres": {"pool": {"size": 3, "overflow": 3}},
}
"""Fits its connections, so the program accepts it; the policies' ceiling in dev is 10."""


@pytest.fixture
def make(tmp_path: Path, pinned: Images) -> Make:
    def made(topology: dict[str, Any], **config: Any) -> Deployment:
        deployment = Deployment(
            tmp_path / "project",
            "t-refused",
            way="pulumi",
            topology=topology,
            docker=settings(pinned),
            **config,
        )
        deployment.change({"app": {"image": pinned.app}})
        deployment.pulumi()
        return deployment

    return made


def nothing_was_made(deployment: Deployment) -> None:
    assert labelled(deployment) == {}
    assert Pulumi(deployment.workspace).resources() == []


def test_a_mandatory_finding_stops_up_before_anything_is_created(make: Make) -> None:
    deployment = make(ABOVE_THE_CEILING)
    finding = "scaling.max = 11 is above the ceiling of 10"
    with pytest.raises(OperationError, match="SCALE-001") as refused:
        deployment.up(ready=False)
    assert finding in str(refused.value)
    nothing_was_made(deployment)
    done = Pulumi(deployment.workspace).run("up", "--yes", "--policy-pack", "policies", code=None)
    assert done.returncode == 1
    assert finding in done.stdout
    nothing_was_made(deployment)


def test_the_same_finding_offline(make: Make) -> None:
    deployment = make(ABOVE_THE_CEILING)
    # No CLI and no engine on this PATH, and no home with credentials.
    home = str(deployment.workspace.root)
    done = Pulumi(deployment.workspace).agno_ha(
        "check", "--format", "json", code=1, PATH="/nowhere", HOME=home, DOCKER_HOST="unix:///nowhere.sock"
    )
    [found] = [entry for entry in json.loads(done.stdout)["findings"] if entry["level"] == "mandatory"]
    assert found["rule"] == "SCALE-001"
    assert "scaling.max = 11 is above the ceiling of 10" in found["message"]
    nothing_was_made(deployment)


MISTAKES = [
    (
        {"scaling": {"max": 20}},
        "topology.scaling.max = 20: (20 + 20 while rolling) × 1 worker × 10 connections",  # noqa: RUF001
    ),
    ({"app": {"wrokers": 2}}, "topology.app.wrokers: unknown key. Did you mean `workers`?"),
    (
        {"app": {"secrets": {"SEARCH_API_KEY": "absent"}}},
        "topology.app.secrets.SEARCH_API_KEY: names a secret that this stack does not have. Run `pulumi config",
    ),
]


@pytest.mark.parametrize(("topology", "said"), MISTAKES)
def test_a_mistake_is_said_without_a_traceback(make: Make, topology: dict[str, Any], said: str) -> None:
    deployment = make(topology)
    done = Pulumi(deployment.workspace).run("preview", code=None)
    text = done.stdout + done.stderr
    assert done.returncode != 0
    assert said in text, text
    assert "Traceback" not in text
    assert ".py" not in text
    nothing_was_made(deployment)
