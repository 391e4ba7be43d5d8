"""The schemas in schema/ are current, and agree with the models."""

from __future__ import annotations

import json
import re
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import yaml
from agno_ha import schema
from agno_ha.targets.docker.settings import DockerSettings
from agno_ha.topology import Topology
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError
from unit.contract import DEFAULTS, at, leaves
from unit.test_any_input import LEAVES, PLACES
from unit.test_bad_configurations import SHARED as BAD
from unit.test_overrides import OTHER

jsonschema = pytest.importorskip("jsonschema", reason="jsonschema is not installed: uv sync")
ROOT = Path(__file__).parents[2]

# What an editor can't check: bounds of sizes and durations, which are text, not-a-number, which JSON lacks, and what
# is between fields.
BEYOND = re.compile(r"not between .*([smhd]|iB|B) and |must be valid Unicode|finite number")


@cache
def validator(name: str) -> Any:
    document = json.loads(schema.files()[name])
    jsonschema.Draft202012Validator.check_schema(document)
    return jsonschema.Draft202012Validator(document)


def agrees(data: Any) -> None:
    """Whatever the model takes the schema takes, and the other way round but for what is BEYOND it."""
    editor = validator("topology.schema.json").is_valid(data)
    try:
        Topology.model_validate(data, by_alias=True, by_name=False)
    except ValidationError as error:
        errors = error.errors(include_url=False, include_input=False)
        assert not editor or all(
            found["type"] == "conflicts" or BEYOND.search(found["msg"]) for found in errors
        )
    else:
        assert editor


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.integers(0, 100) | st.floats() | st.text(max_size=20)
    | st.sampled_from([*OTHER.values(), "1.5GB", "1 GiB", "1MiB ", "30s", "0s", "-1s", "a:b", "provided"]),
    lambda below: st.lists(below, max_size=2) | st.dictionaries(st.text(max_size=5), below, max_size=2),
    max_leaves=4,
)  # fmt: skip


@pytest.mark.parametrize("name", ["topology.schema.json", "stack.schema.json"])
def test_the_files_are_current(name: str) -> None:
    assert (ROOT / "schema" / name).read_text() == schema.files()[name], "run: python -m agno_ha.schema"


@settings(max_examples=1500)
@given(st.sampled_from(PLACES), VALUES)
def test_schema_and_models_agree(path: str, value: Any) -> None:
    agrees(at(path, value))


@pytest.mark.parametrize("path", OTHER)
def test_schema_and_models_agree_on_every_leaf(path: str) -> None:
    for value in (
        OTHER[path],
        LEAVES.get(path),
        None,
        True,
        False,
        0,
        1,
        -1,
        1.5,
        "",
        "text",
        "1GiB",
        "30s",
        [],
        {},
        [1],
    ):
        agrees(at(path, value))


@pytest.mark.parametrize("text", BAD)
def test_the_editor_marks_what_is_wrong_in_one_place(text: str) -> None:
    agrees(json.loads(json.dumps(yaml.safe_load(text))))  # in JSON every key is text


def test_the_schema_takes_every_default_as_people_write_it() -> None:
    validator("topology.schema.json").validate(DEFAULTS)
    validator("topology.schema.json").validate(None)
    written = Topology().model_dump(mode="json", by_alias=True)
    definitions = json.loads(schema.files()["topology.schema.json"])

    def defaults(node: dict[str, Any]) -> dict[str, Any]:
        found = {}
        for key, below in node.get("properties", {}).items():
            names = [
                option["$ref"].rpartition("/")[2] for option in below.get("anyOf", []) if "$ref" in option
            ]
            found[key] = defaults(definitions["$defs"][names[0]]) if names else below.get("default", {})
        return found

    assert leaves(defaults(definitions)) == leaves(written)


def test_every_setting_is_described() -> None:
    for name, text in schema.files().items():
        document = json.loads(text)
        for section in document["$defs"].values():
            for key, node in section.get("properties", {}).items():
                assert node.get("description"), f"{name}: {key}"


@pytest.mark.parametrize(
    "path", [ROOT / "topology.yaml", *sorted(ROOT.glob("Pulumi.*.yaml"))], ids=lambda path: path.name
)
def test_the_repositorys_own_files(path: Path) -> None:
    name = "topology.schema.json" if path.name == "topology.yaml" else "stack.schema.json"
    text = path.read_text()
    assert text.splitlines()[0] == f"# yaml-language-server: $schema=schema/{name}"
    validator(name).validate(yaml.safe_load(text))


STACK: dict[str, Any] = {
    "encryptionsalt": "v1:salt:check",
    "config": {
        "agno-ha:target": "docker",
        "agno-ha:environment": "dev",
        "agno-ha:docker": {"publishMode": "host", "logs": {"maxSize": "20MiB"}},
        "agno-ha:topology": {"scaling": {"max": 3}, "postgres": None},
        "agno-ha:openaiKey": {"secure": "AAABAA=="},
        "docker:host": "unix:///var/run/docker.sock",
    },
}


def test_a_stack_file() -> None:
    validator("stack.schema.json").validate(STACK)


@pytest.mark.parametrize(
    "change",
    [
        {"agno-ha:target": "swarm"},
        {"agno-ha:environment": "production"},
        {"agno-ha:docker": {"publishMode": "bridge"}},
        {"agno-ha:docker": {"publish_mode": "host"}},
        {"agno-ha:topology": {"scaling": {"maximum": 3}}},
        {"agno-ha:topology": {"postgres": {"password": {"secure": "AAABAA=="}}}},
    ],
)
def test_a_wrong_stack_file(change: dict[str, Any]) -> None:
    assert not validator("stack.schema.json").is_valid({"config": {**STACK["config"], **change}})
    assert not validator("stack.schema.json").is_valid({"config": {}})


def test_the_targets_defaults_are_written_as_people_write_them() -> None:
    text = json.dumps(json.loads(schema.files()["stack.schema.json"])["$defs"]["Logs"])
    assert '"default": "10MiB"' in text
    assert DockerSettings().logs.max_size == 10 * 1024**2
