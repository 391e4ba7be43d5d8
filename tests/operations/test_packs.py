"""The pack that the engine is given: the project's own, or one of the installed rules, as the project configures it."""

import runpy
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from agno_ha.configuration import ConfigurationError
from agno_ha.operations import automation
from agno_ha.operations.workspace import Workspace
from agno_ha_policies import Configuration, pulumi_adapter

SOME = "SCALE-001: advisory\nPOOL-002: {maxSize: 30}\n"


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path, "dev")


def test_a_project_with_its_own_pack(workspace: Workspace) -> None:
    own = workspace.root / "policies"
    own.mkdir()
    (own / "PulumiPolicy.yaml").write_text("runtime: python\n")
    assert automation.packs(workspace) == [str(own)]
    assert not (workspace.private / "policies").exists()


@pytest.mark.parametrize("configured", [True, False])
def test_a_project_without_one(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, *, configured: bool
) -> None:
    if configured:
        (workspace.root / "policies").mkdir()
        (workspace.root / "policies" / "dev.yaml").write_text(SOME)
    [pack] = automation.packs(workspace)
    assert automation.packs(workspace) == [pack]  # again, over the first
    manifest = yaml.safe_load(Path(pack, "PulumiPolicy.yaml").read_text())
    assert manifest["runtime"]["options"]["virtualenv"] == sys.prefix

    started: list[Any] = []
    monkeypatch.setattr(pulumi_adapter, "PolicyPack", lambda name, policies: started.append((name, policies)))
    monkeypatch.setattr(pulumi_adapter, "policies", lambda configuration: configuration)
    monkeypatch.setenv("PULUMI_CONFIG", '{"agno-ha:environment": "dev"}')
    monkeypatch.chdir("/")
    runpy.run_path(pack, run_name="__main__")
    # What the offline check reads, which is the way without the CLI.
    expected = Configuration.load(workspace.root / "policies", "dev")
    assert started == [("agno-ha", expected)]
    assert (expected == Configuration(environment="dev")) is not configured


def test_a_wrong_configuration_is_told_before_the_engine_begins(workspace: Workspace) -> None:
    (workspace.root / "policies").mkdir()
    (workspace.root / "policies" / "prod.yaml").write_text("SCALE-999: advisory\n")
    with pytest.raises(ConfigurationError, match="SCALE-999: there is no such rule"):
        automation.packs(workspace)
