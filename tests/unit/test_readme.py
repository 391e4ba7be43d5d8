"""What the README says is true: its snippets run, its commands exist."""

import ast
import os
import re
from pathlib import Path

import pytest
import yaml
from agno_ha.cli import app
from agno_ha.configuration import ConfigurationError, load
from agno_ha.operations import automation
from agno_ha.operations.workspace import Workspace

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()


def snippet(name: str) -> str:
    found = re.search(rf"<!-- tested: {name} -->\n```\w*\n(.*?)```", README, re.DOTALL)
    assert found, f"README has no snippet {name}"
    return found[1]


def test_the_topology_is_valid_on_docker() -> None:
    topology = load(
        yaml.safe_load(snippet("topology")), surge=lambda topology: topology.scaling.max, target="docker"
    )
    assert topology.app.build is not None
    assert (ROOT / topology.app.build).is_dir()


def test_the_refusal_is_the_one_that_is_given() -> None:
    given = {
        "scaling": {"min": 2, "max": 20},
        "app": {"workers": 2, "memory": "1GiB"},
        "postgres": {"pool": {"size": 5, "overflow": 10}, "memory": "4GiB"},
    }
    with pytest.raises(ConfigurationError) as caught:
        load(given, surge=lambda topology: topology.scaling.max, target="docker")
    assert snippet("refusal").strip() in str(caught.value)


def test_the_component_snippet_is_python_of_this_package() -> None:
    tree = ast.parse(snippet("component"))
    modules = [node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom) and node.module]
    assert modules == ["agno_ha.service", "agno_ha.topology"]
    [call] = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and ast.unparse(node.func) == "AgnoService"
    ]
    from agno_ha.service import AgnoService

    accepted = AgnoService.__init__.__annotations__
    assert {keyword.arg for keyword in call.keywords} <= set(accepted)


def test_every_make_target_exists() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    assert set(re.findall(r"`make ([a-z-]+)`", README)) <= targets


@pytest.mark.parametrize("document", ["README.md", "docs/recovery.md"])
def test_by_hand_pulumi_is_told_what_the_operations_tell_it(
    document: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in [name for name in os.environ if name.startswith("PULUMI_")]:
        monkeypatch.delenv(name)
    told = automation.environment(Workspace(tmp_path, "dev"))
    line = " ".join(f'{name}="{value.replace(str(tmp_path), "$PWD")}"' for name, value in told.items())
    assert f"\nexport {line}\n" in (ROOT / document).read_text()


def test_every_linked_file_exists() -> None:
    for document in [ROOT / "README.md", ROOT / "CONTRIBUTING.md", *(ROOT / "docs").glob("*.md")]:
        for link in re.findall(r"\]\((?!https?:)([^)#]+)", document.read_text()):
            assert (document.parent / link).exists(), f"{document.name}: {link}"


def test_every_command_that_the_documents_name_exists() -> None:
    known = {
        command.name or command.callback.__name__ for command in app.registered_commands if command.callback
    }
    named = re.compile(r"(?:`|^)(?:\.venv/bin/)?agno-ha ([a-z]+)\b", re.MULTILINE)
    for document in [ROOT / "README.md", *(ROOT / "docs").glob("*.md")]:
        assert set(named.findall(document.read_text())) <= known, document.name
