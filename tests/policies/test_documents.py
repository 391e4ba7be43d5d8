"""What is written about the policies is what they are."""

from __future__ import annotations

import re
from pathlib import Path

import yaml
from agno_ha.check.catalogue import PAGE, page
from agno_ha.check.formats import MARK
from agno_ha.cli import app
from agno_ha.facts import FACTS
from agno_ha_policies import Configuration, Settings

from policies import stacks

ROOT = Path(__file__).parents[2]
TEXT = (ROOT / PAGE).read_text()


def test_the_catalogue_is_current() -> None:
    assert page(TEXT) == TEXT, "run .venv/bin/python -m agno_ha.check.catalogue"


def test_every_fact_is_explained() -> None:
    assert set(FACTS) == {*stacks.FACTS, "largestSafeMax", "sessionStore"}


def test_the_examples_are_valid(tmp_path: Path) -> None:
    levels, exceptions = re.findall(r"```yaml\n(.*?)```", TEXT, re.DOTALL)
    Settings.parse(yaml.safe_load(levels), "dev", "docs")
    (tmp_path / "exceptions.yaml").write_text(exceptions)
    assert len(Configuration.load(tmp_path).exceptions) == 1


def test_the_workflow_runs_what_exists() -> None:
    text = (ROOT / ".github/workflows/policy.yml").read_text()
    workflow = yaml.safe_load(text)
    assert workflow["permissions"] == {
        "contents": "read",
        "pull-requests": "write",
        "security-events": "write",
    }
    assert MARK in text
    for path in re.findall(r"(?:^|\s)(scripts/\w+)", text):
        assert (ROOT / path).exists()
    known = {command.name or getattr(command.callback, "__name__", "") for command in app.registered_commands}
    assert set(re.findall(r"bin/agno-ha (\w+)", text)) <= known


def test_the_hook_is_the_command() -> None:
    config = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())
    hooks = {hook["id"]: hook for repository in config["repos"] for hook in repository["hooks"]}
    hook = hooks["agno-ha-check"]
    assert hook["entry"] == ".venv/bin/agno-ha check"
    for changed in ("topology.yaml", "Pulumi.dev.yaml", "policies/dev.yaml", "__main__.py"):
        assert re.search(hook["files"], changed)
    assert not re.search(hook["files"], "README.md")
