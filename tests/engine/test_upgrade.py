"""The dev stack that earlier code made, under the present code: nothing that holds data is replaced."""

from pathlib import Path

import pytest
from agno_ha.targets.docker.images import Images
from engine.conftest import settings
from engine.states.record import PASSPHRASE
from harness.deployment import Deployment
from harness.pulumi import Pulumi, short

STATES = sorted((Path(__file__).parent / "states").glob("*.json"))
HOLDS_DATA = ("docker:index/volume:Volume", "random:index/randomPassword:RandomPassword")
HARMLESS = {"same", "update", "refresh"}


@pytest.mark.parametrize("state", STATES, ids=lambda path: path.stem)
def test_nothing_that_holds_data_is_replaced(
    state: Path, tmp_path: Path, pinned: Images, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PULUMI_CONFIG_PASSPHRASE", PASSPHRASE)
    deployment = Deployment(tmp_path / "project", "t-state", way="pulumi", docker=settings(pinned))
    deployment.change({"app": {"image": pinned.app}})
    deployment.pulumi()
    pulumi = Pulumi(deployment.workspace)
    pulumi.run("stack", "import", "--file", str(state))
    holding = {short(entry["urn"]) for entry in pulumi.resources() if entry["type"] in HOLDS_DATA}
    assert holding >= {
        "agno-postgres-data (Volume)",
        "agno-redis-data (Volume)",
        "agno-postgres-password (RandomPassword)",
    }
    steps = {name: step["op"] for name, step in pulumi.preview().items()}  # what stays the same is not in it
    assert not {name: op for name, op in steps.items() if name in holding and op not in HARMLESS}
    # And the servers that use them are changed in place: a new one beside the old would share its volume.
    assert {steps.get(f"agno-{room} (Service)") for room in ("postgres", "redis")} <= {"update", None}
    # What does change shows that it was compared: a state's secrets are made up, so the ones made of them differ.
    assert steps["agno-app-postgres-password (Secret)"] == "replace"


def test_there_are_states() -> None:
    assert STATES, "tests/engine/states holds none: see record.py there"
