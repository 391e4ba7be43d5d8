"""What an approved preview is compared by: each thing that decides what an up does, and nothing that does not."""

import shutil
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
import yaml
from agno_ha.operations import digests
from agno_ha.operations.workspace import Workspace

ROOT = Path(__file__).parents[2]
STATE = {"resources": [{"urn": "a"}]}


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    for name in ("Pulumi.yaml", "topology.yaml", "__main__.py"):
        shutil.copy(ROOT / name, tmp_path)
    for name in ("my-agents/agents.py", "my-agents/prompts/one.txt", "policies/dev.yaml", "certificates/one.pem",
                 "lib/helper.py", "uv.lock", "README.md", "venv/lib/x.py", ".hidden/x.py",
                 "my-agents/.prompts.yaml", "my-agents/.texts/a.txt", "my-agents/site-packages/a.txt",
                 "my-agents/.env", "my-agents/notes.txt"):  # fmt: skip
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).write_text("# first\n")
    (tmp_path / "venv" / "pyvenv.cfg").write_text("")
    (tmp_path / "my-agents" / ".dockerignore").write_text("notes.txt\n")
    tls = {"mode": "provided", "certificate": "certificates/one.pem", "privateKey": "key"}
    topology = {"app": {"build": "./my-agents"}, "loadBalancer": {"tls": tls}}
    config = {"agno-ha:target": "docker", "agno-ha:topology": topology, "agno-ha:key": {"secure": "v1:abc"}}
    (tmp_path / "Pulumi.dev.yaml").write_text(yaml.safe_dump({"config": config}))
    return Workspace(tmp_path, "dev")


def changed(workspace: Workspace, change: Callable[[], object]) -> list[str]:
    before = digests.seen(workspace, STATE)
    change()
    return digests.differences(before, digests.seen(workspace, STATE))


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("Pulumi.dev.yaml", "configuration"),
        ("Pulumi.yaml", "configuration"),
        ("topology.yaml", "configuration"),
        ("certificates/one.pem", "configuration"),
        ("__main__.py", "code"),
        ("lib/helper.py", "code"),
        ("my-agents/prompts/one.txt", "code"),
        ("my-agents/.prompts.yaml", "code"),
        ("my-agents/.texts/a.txt", "code"),
        ("my-agents/site-packages/a.txt", "code"),
        ("my-agents/.dockerignore", "code"),
        ("uv.lock", "lock"),
        ("policies/dev.yaml", "policies"),
    ],
)
def test_a_changed_file_is_told_by_its_part(workspace: Workspace, name: str, part: str) -> None:
    path = workspace.root / name
    kept = path.read_text()
    told = changed(workspace, lambda: path.write_text(kept + "# second\n"))
    assert len(told) == 1
    assert told[0].startswith(f"{part} (")
    assert name in told[0]
    before = digests.seen(workspace, STATE)
    path.write_text(kept)
    assert digests.differences(before, digests.seen(workspace, STATE)) != []


@pytest.mark.parametrize(
    "name", ["README.md", "venv/lib/x.py", ".hidden/x.py", "my-agents/.env", "my-agents/notes.txt"]
)
def test_what_decides_nothing_is_not_compared(workspace: Workspace, name: str) -> None:
    assert changed(workspace, lambda: (workspace.root / name).write_text("# second\n")) == []


def test_an_executable_bit_goes_into_the_image(workspace: Workspace) -> None:
    path = workspace.root / "my-agents" / "prompts" / "one.txt"
    assert changed(workspace, lambda: path.chmod(0o755)) == ["code (./my-agents/prompts/one.txt)"]


def test_an_app_that_can_not_be_built_has_a_digest_too(workspace: Workspace) -> None:
    path = workspace.root / "my-agents"
    assert changed(workspace, lambda: path.rename(workspace.root / "others"))
    digests.seen(workspace, STATE)


def test_a_plan_without_dockers_packages(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "agno_ha.targets.docker", None)  # as where they are missing
    path = workspace.root / "my-agents" / "prompts" / "one.txt"
    assert changed(workspace, lambda: path.write_text("# second\n")) == ["code (./my-agents/prompts/one.txt)"]


def test_files_that_come_and_go_are_told(workspace: Workspace) -> None:
    assert changed(workspace, lambda: (workspace.root / "new.py").write_text("")) == ["code (new.py)"]
    assert changed(workspace, lambda: (workspace.root / "uv.lock").unlink()) == ["lock (uv.lock)"]


def test_the_state_is_compared_by_its_content() -> None:
    one = {"state": {"state": "x"}}
    assert digests.differences(one, {"state": {"state": "y"}}) == ["state"]


def test_variables_are_compared_but_a_shells_own(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("COLOUR", "red-is-a-secret")
    assert changed(workspace, lambda: monkeypatch.setenv("COLOUR", "blue")) == ["environment (COLOUR)"]
    assert changed(workspace, lambda: monkeypatch.delenv("COLOUR")) == ["environment (COLOUR)"]
    assert changed(workspace, lambda: monkeypatch.setenv("SHLVL", "9")) == []
    assert changed(workspace, lambda: monkeypatch.setenv("SSH_CLIENT", "::1")) == []


def test_a_digest_of_a_variable_is_of_this_project(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> None:
    monkeypatch.setenv("PASSWORD", "weak")
    elsewhere = tmp_path_factory.mktemp("other")
    shutil.copytree(workspace.root, elsewhere, dirs_exist_ok=True, ignore=shutil.ignore_patterns(".agno-ha"))
    one, other = digests.seen(workspace, STATE), digests.seen(Workspace(elsewhere, "dev"), STATE)
    assert one["code"] == other["code"]
    assert one["environment"]["PASSWORD"] != other["environment"]["PASSWORD"]
    key = workspace.private.parent / "digest-key"
    assert key.stat().st_mode & 0o777 == 0o600


def test_one_digest_a_part(workspace: Workspace) -> None:
    seen = digests.seen(workspace, STATE)
    parts = digests.of_parts(seen)
    assert parts.keys() == {"configuration", "code", "lock", "policies", "state", "environment"}
    assert all(len(digest) == 64 for digest in parts.values())
    assert digests.of_parts(digests.seen(workspace, STATE)) == parts
