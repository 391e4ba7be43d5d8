"""`agno-ha check --file`: a saved preview or state, and every way in which a file can be none."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from agno_ha.check.saved import read
from agno_ha.cli import app
from agno_ha.configuration import ConfigurationError
from agno_ha_policies import evaluate
from policies.aws_stacks import SCALING, SERVICE, aws
from policies.stacks import STACK, UNKNOWN, Resource, facts, instance, server, stranger
from typer.testing import CliRunner

MARK = "04da6b54-80e4-46f7-96ec-b56ff0331ba9"
SIGNATURE = "4dabf18193072939515e22adb298388d"
SECRET = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "ciphertext": "v1:abc"}


def state(resource: Resource, **more: Any) -> dict[str, Any]:
    return {
        "urn": resource.urn,
        "type": resource.type,
        "parent": resource.parent,
        "inputs": wire(resource.props),
        **more,
    }


def wire(value: Any) -> Any:
    if value is UNKNOWN:
        return MARK
    if isinstance(value, dict):
        return {key: wire(entry) for key, entry in value.items()}
    return [wire(entry) for entry in value] if isinstance(value, list) else value


def preview(*resources: Resource) -> dict[str, Any]:
    steps = [{"op": "create", "urn": each.urn, "newState": state(each)} for each in resources]
    return {"steps": steps, "changeSummary": {"create": len(steps)}}


def export(*resources: Resource) -> dict[str, Any]:
    return {"version": 3, "deployment": {"resources": [state(each) for each in resources]}}


def written(directory: Path, data: Any) -> Path:
    path = directory / "saved.json"
    path.write_text(data if isinstance(data, str) else json.dumps(data))
    return path


@pytest.mark.parametrize("shape", [preview, export])
def test_both_files_hold_the_same(shape: Any, tmp_path: Path) -> None:
    given = [facts(), server(), instance(replicas=UNKNOWN)]
    saved = read(written(tmp_path, shape(*given)))
    assert saved.stack == "dev"
    assert [(each.urn, each.type, each.name, each.parent, each.props) for each in saved.resources] == [
        (each.urn, each.type, each.name, each.parent, each.props) for each in given
    ]


def test_what_goes_is_left_out_and_the_last_step_of_a_replacement_holds(tmp_path: Path) -> None:
    old, new = stranger(replicas=1), stranger(replicas=3)
    steps = [
        {"op": "refresh", "newState": state(old)},
        {"op": "create-replacement", "newState": state(old)},
        {"op": "replace", "newState": state(new)},
        {"op": "delete-replaced", "oldState": state(old), "newState": state(old)},
        {"op": "delete", "oldState": state(server("db", parent=STACK))},
    ]
    [only] = read(written(tmp_path, {"steps": steps})).resources
    assert only.props["mode"]["replicated"]["replicas"] == 3
    gone = {"deployment": {"resources": [state(old, delete=True), state(new, protect=True)]}}
    [only] = read(written(tmp_path, gone)).resources
    assert only.protect is True


@pytest.mark.parametrize("shape", ["steps", "deployment"])
def test_what_is_left_to_others_and_what_properties_are_made_of(shape: str, tmp_path: Path) -> None:
    target = aws(SCALING, resourceId=UNKNOWN)
    told = {
        "ignoreChanges": ["desiredCount", 3],
        "propertyDependencies": {"taskDefinition": ["urn:a", None], "name": None},
    }
    service = state(aws(SERVICE), **told)
    states = [state(target), service, state(stranger(), ignoreChanges="env", propertyDependencies=3)]
    data = {
        "steps": {"steps": [{"op": "same", "newState": each} for each in states]},
        "deployment": {"deployment": {"resources": states}},
    }
    path = written(tmp_path, data[shape])
    [_, read_, odd] = read(path).resources
    assert (read_.ignored, read_.made_of) == (("desiredCount",), {"taskDefinition": ("urn:a",), "name": ()})
    assert (odd.ignored, odd.made_of) == ((), {})
    # The count of our own stack on ECS, once it is saved, has one owner.
    assert not [finding for finding in evaluate(read(path).resources) if finding.rule == "SCALE-303"]


def test_encrypted_and_masked_values_are_unknown(tmp_path: Path) -> None:
    opened = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "plaintext": '"1"'}
    broken = {SIGNATURE: "1b47061264138c4ac30d75fd1eb44270", "plaintext": "{"}
    env = {"A": SECRET, "B": "[secret]", "C": opened, "D": broken}
    [only] = read(written(tmp_path, export(stranger(env=env)))).resources
    kept = only.props["taskSpec"]["containerSpec"]["env"]
    assert kept == {"A": UNKNOWN, "B": UNKNOWN, "C": "1", "D": UNKNOWN}


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ("{", "saved.json: file: is not JSON. Save one with `pulumi preview --json > FILE` or "),
        ("[" * 100_000, "saved.json: file: is not JSON"),
        ("[]", "saved.json: file: is neither a saved preview nor a saved state."),
        ('{"steps": 3}', "is neither a saved preview nor a saved state"),
        ('{"deployment": {"resources": 3}}', "is neither a saved preview nor a saved state"),
    ],
)
def test_no_such_file(data: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError) as raised:
        read(written(tmp_path, data))
    assert said in str(raised.value)


def test_odd_entries_are_no_resources(tmp_path: Path) -> None:
    odd = {"steps": [3, {}, {"op": "create", "newState": None}, {"op": "create", "newState": {"urn": 3}}]}
    assert read(written(tmp_path, odd)).resources == []
    assert read(written(tmp_path, {"deployment": None})).resources == []


def run(directory: Path, monkeypatch: pytest.MonkeyPatch, *arguments: str) -> tuple[int, str, str]:
    monkeypatch.chdir(directory)
    done = CliRunner().invoke(app, ["check", *arguments])
    return done.exit_code, done.stdout, done.stderr


def test_the_command(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    good = written(tmp_path, export(facts(), server(), instance()))
    assert run(tmp_path, monkeypatch, "--file", str(good))[0] == 0
    bad = written(tmp_path, preview(stranger(replicas=1)))
    code, out, _ = run(tmp_path, monkeypatch, "--file", str(bad), "--format", "json")
    assert code == 1
    assert [finding["rule"] for finding in json.loads(out)["findings"]] == ["SCALE-101"]
    code, out, said = run(tmp_path, monkeypatch, "--file", "absent.json")
    assert (code, out) == (2, "")
    assert "absent.json: file: can't be read (No such file or directory). Name a readable file." in " ".join(
        said.split()
    )
    assert run(tmp_path, monkeypatch, "--file", str(bad), "--format", "xml")[0] == 2


def test_a_stack_file_says_the_environment(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = written(tmp_path, preview(stranger(replicas=1)))
    (tmp_path / "Pulumi.yaml").write_text("name: p\n")
    (tmp_path / "topology.yaml").write_text("")
    (tmp_path / "Pulumi.dev.yaml").write_text("config: {agno-ha:environment: dev}\n")
    assert run(tmp_path, monkeypatch, "--file", str(path))[0] == 0


@pytest.mark.parametrize(
    ("name", "text"),
    [("prod", "SCALE-999: advisory"), ("exceptions", "exceptions: [{rule: X}]"), ("dev", "a: [")],
)
def test_bad_files_of_the_pack_are_never_no_findings(
    name: str, text: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = written(tmp_path, preview(stranger()))
    (tmp_path / "policies").mkdir()
    (tmp_path / "policies" / f"{name}.yaml").write_text(text)
    code, out, said = run(tmp_path, monkeypatch, "--file", str(path))
    assert (code, out) == (2, "")
    assert f"{name}.yaml" in said
    assert "Traceback" not in said
