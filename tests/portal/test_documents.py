"""docs/portal.md: its curl examples are run, and its tables are the code's."""

import re
import shutil
import subprocess

import pytest
from agno_ha_portal.refusals import STATUS
from agno_ha_portal.roles import Role
from agno_ha_portal.settings import Settings

from .conftest import ROOT, Listening, Portal

TEXT = (ROOT / "docs" / "portal.md").read_text()


@pytest.mark.skipif(not (shutil.which("curl") and shutil.which("jq")), reason="needs curl and jq")
def test_the_examples(portal: Portal) -> None:
    [script] = re.findall(
        r"<!-- tested: tests/portal/test_documents.py -->\n```sh\n(.*?)```", TEXT, re.DOTALL
    )
    served = Listening(portal)
    environment = {"PATH": "/usr/local/bin:/usr/bin:/bin", "NO_PROXY": "*"}
    values = {"TOKEN": portal.tokens[Role.APPROVER], "PORTAL": served.url}
    command = ["bash", "-euo", "pipefail", "-c", script]
    done = subprocess.run(command, env={**environment, **values}, capture_output=True, text=True, check=False)
    served.stop()
    assert done.returncode == 0, done.stdout + done.stderr
    assert [each.kind for each in portal.operations.history("dev")] == ["up", "preview"]
    assert "event: end" in done.stdout
    assert "      max: 3\n" in (portal.root / "Pulumi.dev.yaml").read_text()


def test_the_tables() -> None:
    for code, status in STATUS.items():
        assert re.search(rf"^\| [\d, ]*{status}[\d, ]* \|.*`{code}`", TEXT, re.MULTILINE), code
    for name in Settings.model_fields.keys() - {"root"}:
        assert f"_{name.upper()}`" in TEXT, name
