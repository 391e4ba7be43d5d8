"""`agno-ha check` on a project: exit codes, lines that caused findings, bad files; no CLI and no engine in reach."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
COMMAND = Path(sys.executable).with_name("agno-ha")


@pytest.fixture
def project(tmp_path: Path) -> Path:
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "topology.yaml", "__main__.py"):
        shutil.copy(ROOT / name, tmp_path)
    (tmp_path / "policies").mkdir()
    return tmp_path


def check(project: Path, *arguments: str) -> tuple[int, str, str]:
    nowhere = {"PATH": "/nowhere", "HOME": str(project), "DOCKER_HOST": "unix:///nowhere.sock"}
    done = subprocess.run(
        [COMMAND, "check", *arguments], cwd=project, env=nowhere, capture_output=True, text=True, check=False
    )
    assert "Traceback" not in done.stderr
    return done.returncode, done.stdout, " ".join(done.stderr.split())


def test_the_stacks_of_this_repository_pass(project: Path) -> None:
    code, out, _ = check(project)
    assert (code, out.splitlines()[-1]) == (0, "No findings.")


def test_the_line_that_caused_it(project: Path) -> None:
    stack = project / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text() + "    app:\n      authentication: none\n    scaling: {max: 11}\n"
                     "    postgres: {pool: {size: 3, overflow: 3}}\n")  # fmt: skip
    topology = project / "topology.yaml"
    topology.write_text(topology.read_text().replace("noeviction ", "allkeys-lru "))
    code, out, _ = check(project, "--format", "json")
    lines = {finding["rule"]: finding["line"] for finding in json.loads(out)["findings"]}
    assert code == 1
    assert lines == {
        "SCALE-001": "Pulumi.dev.yaml:12",
        "SEC-001": "Pulumi.dev.yaml:11",
        "CACHE-002": f"topology.yaml:{line_of(topology, 'maxmemoryPolicy')}",
        "CACHE-102": None,
    }


def line_of(path: Path, text: str) -> int:
    return next(number for number, line in enumerate(path.read_text().splitlines(), 1) if text in line)


def test_production_says_where_it_is_chosen(project: Path) -> None:
    stack = project / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text().replace("environment: dev", "environment: prod"))
    code, out, _ = check(project)
    assert code == 1
    assert {
        line.partition(" [")[0].rpartition(" ")[2] for line in out.splitlines() if "[mandatory]" in line
    } == {
        *("DB-003", "DB-006", "LB-003", "LB-106"),
    }


def test_an_exception_and_its_end(project: Path) -> None:
    stack = project / "Pulumi.dev.yaml"
    stack.write_text(stack.read_text().replace("environment: dev", "environment: prod"))
    entry = "- {{rule: {rule}, urn: '*', reason: one machine, expires: {day}}}\n"
    days = {"DB-003": "9999-01-31", "DB-006": "9999-01-31", "LB-003": "9999-01-31", "LB-106": "2020-01-31"}
    (project / "policies" / "exceptions.yaml").write_text(
        "exceptions:\n" + "".join(entry.format(rule=rule, day=day) for rule, day in days.items())
    )
    code, out, _ = check(project)
    assert code == 1
    assert "policies/exceptions.yaml:5: EXCEPTION-EXPIRED [mandatory]" in out
    assert "LB-106 [mandatory]" in out
    assert "LB-003 [advisory] agno: tls: " in out
    assert "(excepted until 9999-01-31: one machine)" in out
    assert out.splitlines()[-1] == "5 findings, 2 mandatory, 3 excepted."


@pytest.mark.parametrize(
    ("name", "text", "said"),
    [
        (
            "policies/dev.yaml",
            "SCALE-0001: advisory",
            "policies/dev.yaml: SCALE-0001: there is no such rule. Did you mean",
        ),
        (
            "policies/exceptions.yaml",
            "exceptions: 3",
            "policies/exceptions.yaml: exceptions: must be a list.",
        ),
        ("topology.yaml", "scaling: {max: 20}", "topology.scaling.max = 20"),
        ("topology.yaml", "scaling: [", "topology.yaml: line 2"),
    ],
)
def test_what_could_not_be_checked_is_never_no_findings(
    project: Path, name: str, text: str, said: str
) -> None:
    (project / name).write_text(text + "\n")
    code, out, error = check(project)
    assert (code, out) == (2, "")
    assert said in error


def test_no_such_stack(project: Path) -> None:
    code, out, error = check(project, "--stack", "qa")
    assert (code, out) == (2, "")
    assert "Pulumi.qa.yaml: stack = qa: has no stack file. Use one of: dev" in error
