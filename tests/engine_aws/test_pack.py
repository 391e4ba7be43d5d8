"""A project that has agno-ha from a package, and no policy pack of its own: `up` and `plan` bring one to the engine."""

import json
import sys
from pathlib import Path

import pytest
from agno_ha.capacity import assess
from agno_ha.operations import automation
from agno_ha.operations.workspace import Workspace
from agno_ha.service import TYPE
from agno_ha.topology import Topology
from harness.pulumi import Pulumi

ABOVE_THE_CEILING = {"scaling": {"max": 11}, "postgres": {"pool": {"size": 3, "overflow": 3}}}
FACTS = assess(Topology.model_validate(ABOVE_THE_CEILING), surge=11, target="docker").facts()
PROGRAM = f"""
import pulumi

pulumi.ComponentResource({TYPE!r}, "agno", {{**{FACTS!r}, "target": "docker", "environment": "dev"}})
"""


@pytest.fixture
def pulumi(tmp_path: Path) -> Pulumi:
    runtime = {"name": "python", "options": {"toolchain": "pip", "virtualenv": sys.prefix}}
    (tmp_path / "Pulumi.yaml").write_text(json.dumps({"name": "theirs", "runtime": runtime}))
    (tmp_path / "__main__.py").write_text(PROGRAM)
    made = Pulumi(Workspace(tmp_path, "dev"))
    made.run("stack", "init")
    return made


def test_it_stops_a_preview_and_reads_the_projects_configuration(pulumi: Pulumi) -> None:
    workspace = Workspace(pulumi.root, pulumi.stack)

    def preview(code: int) -> str:
        [pack] = automation.packs(workspace)
        return pulumi.run("preview", "--policy-pack", pack, code=code).stdout

    said = preview(code=1)
    assert "[mandatory]" in said
    assert "scaling.max = 11 is above the ceiling of 10" in said
    (pulumi.root / "policies").mkdir()
    (pulumi.root / "policies" / "dev.yaml").write_text("SCALE-001: advisory\n")
    said = preview(code=0)
    assert "[advisory]" in said
    assert "scaling.max = 11 is above the ceiling of 10" in said
