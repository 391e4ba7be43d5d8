"""What `make` would run for a stack, by the target of its file; nothing is run."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]

pytestmark = pytest.mark.skipif(shutil.which("make") is None, reason="make is missing")


def planned(directory: Path, goal: str, stack: str) -> list[str]:
    """Return the commands of a goal where no environment exists yet."""
    for name in ("Makefile", "pyproject.toml", "uv.lock"):
        shutil.copy(ROOT / name, directory)
    shutil.copytree(ROOT / "scripts", directory / "scripts", dirs_exist_ok=True)
    command = ["make", "--dry-run", "--no-print-directory", goal, f"STACK={stack}"]
    done = subprocess.run(command, cwd=directory, capture_output=True, text=True, check=True)
    return [line for line in done.stdout.splitlines() if line and not line.startswith("touch ")]


@pytest.mark.parametrize("goal", ["up", "setup"])
@pytest.mark.parametrize("stack", ["dev", "staging", "prod"])
def test_an_engine_is_set_up_and_packages_installed_for_the_target(
    tmp_path: Path, goal: str, stack: str
) -> None:
    shutil.copy(ROOT / f"Pulumi.{stack}.yaml", tmp_path)
    target = {"dev": "docker", "staging": "kubernetes", "prod": "ecs"}[stack]
    assert planned(tmp_path, goal, stack) == [
        f"scripts/environment --extra {target}",
        *(["scripts/engine"] if target == "docker" else []),
        f".venv/bin/agno-ha {goal} --stack {stack}",
    ]


@pytest.mark.parametrize(
    "line",
    [
        "  agno-ha:target: docker",
        "    agno-ha:target:   docker   # here",
        "  'agno-ha:target': 'docker'",
        '  "agno-ha:target": "docker"',
        "  # agno-ha:target: ecs\n  agno-ha:target: docker",
    ],
)
def test_however_the_target_is_written(tmp_path: Path, line: str) -> None:
    (tmp_path / "Pulumi.own.yaml").write_text(f"config:\n{line}\n")
    assert planned(tmp_path, "up", "own")[:2] == ["scripts/environment --extra docker", "scripts/engine"]


@pytest.mark.parametrize("content", [None, "config: {}\n", "config:\n  agno-ha:target: elsewhere\n"])
def test_no_engine_is_installed_for_a_stack_that_is_none(tmp_path: Path, content: str | None) -> None:
    if content is not None:
        (tmp_path / "Pulumi.wrong.yaml").write_text(content)
    assert planned(tmp_path, "up", "wrong") == [
        "scripts/environment --extra docker",
        ".venv/bin/agno-ha up --stack wrong",  # which says what is wrong
    ]
