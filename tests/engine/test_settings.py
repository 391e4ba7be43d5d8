"""Each setting changed alone touches exactly what it should, in a preview by the real `pulumi`."""

import copy
import json
import shutil
import uuid
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest
import yaml
from agno_ha.operations.workspace import Workspace
from agno_ha.targets.docker.settings import DockerSettings
from agno_ha.topology import Topology
from agno_ha.topology.base import Section
from engine.settings import CASES, WITHOUT_EFFECT, Case
from harness.deployment import ROOT, Deployment, merge
from harness.pulumi import Pulumi, touched


def leaves(model: type[Section], prefix: str = "") -> Iterator[str]:
    """Every setting of a model, by its dotted path in YAML."""
    for name, info in model.model_fields.items():
        path = f"{prefix}{info.alias or name}"
        kind = info.annotation
        if isinstance(kind, type) and issubclass(kind, Section):
            yield from leaves(kind, f"{path}.")
        else:
            yield path


def test_every_setting_is_in_the_table() -> None:
    known = {*leaves(Topology), *leaves(DockerSettings, "docker.")}
    assert len(known) > 80
    assert known == {case.path for case in CASES} | set(WITHOUT_EFFECT)
    assert not {case.path for case in CASES} & set(WITHOUT_EFFECT)


class Previews:
    """Previews of variants of a deployed stack against its state, all at once: they take no lock.

    A copy of the project is used, so that a later change of the stack changes nothing here.
    """

    def __init__(self, project: Path, stack: str, directory: Path) -> None:
        shutil.copytree(project, directory)
        self.workspace = Workspace(directory, stack)
        self.pulumi = Pulumi(self.workspace)
        self.file = yaml.safe_load((directory / f"Pulumi.{self.workspace.stack}.yaml").read_text())
        self._known: dict[str, dict[str, dict[str, Any]]] = {}
        shutil.copytree(ROOT / "examples" / "my-agents", directory / "my-agents")

    def run(self, *changes: Mapping[str, Any]) -> dict[str, dict[str, Any]]:
        """Preview with these changes, images by reference: no engine is asked for them."""
        made = copy.deepcopy(self.file)
        for change in changes:
            change = dict(change)
            merge(made["config"]["agno-ha:docker"], change.pop("docker", {}))
            merge(made["config"]["agno-ha:topology"], change)
        made["config"]["agno-ha:resolveImages"] = "false"
        text = yaml.safe_dump(made)
        if text not in self._known:
            self._known[text] = self._preview(self._written(text))
        return self._known[text]

    def _written(self, text: str) -> Path:
        path = self.workspace.root / f"Pulumi.variant-{uuid.uuid4().hex}.yaml"
        path.write_text(text)
        return path

    def change_secret(self, key: str, value: str) -> dict[str, str]:
        """What another value of a given secret touches."""
        path = self._written(yaml.safe_dump(self.file))
        self.pulumi.run("config", "set", "--secret", f"agno-ha:{key}", value, "--config-file", str(path))
        self.pulumi.run("config", "set", "agno-ha:resolveImages", "false", "--config-file", str(path))
        return _engine_only(touched(self._preview(path)))

    def _preview(self, path: Path) -> dict[str, dict[str, Any]]:
        # Against the state as it is: the stack on the engine may have changed or gone since.
        return self.pulumi.preview("--refresh=false", "--config-file", str(path))

    def change(self, before: Mapping[str, Any], change: Mapping[str, Any]) -> dict[str, str]:
        """What `change` touches beyond what `before` touches: resource → operation."""
        old, new = self.run(before), self.run(before, change)
        changed = {
            name for name in old.keys() | new.keys() if _wanted(old.get(name)) != _wanted(new.get(name))
        }
        return {name: op for name, op in _engine_only(touched(new)).items() if name in changed}


def _engine_only(found: Mapping[str, str]) -> dict[str, str]:
    # A component holds its facts and nothing on the engine.
    return {name: op for name, op in found.items() if "AgnoService" not in name}


def _wanted(step: Mapping[str, Any] | None) -> Any:
    if step is None or step["op"] == "delete":
        return step and step["op"]
    inputs = dict(step["newState"].get("inputs", {}))
    if step["urn"].split("::")[2].endswith(":Secret"):
        inputs.pop("name", None)  # generated anew in each preview that creates it
    return step["op"], inputs


@pytest.fixture(scope="module")
def previews(
    main: Deployment, full: Deployment, full_snapshot: Path, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, Previews]:
    directory = tmp_path_factory.mktemp("previews")
    return {
        "small": Previews(main.workspace.root, main.workspace.stack, directory / "small"),
        "full": Previews(full_snapshot, full.workspace.stack, directory / "full"),
    }


def test_nothing_changed_touches_nothing(previews: dict[str, Previews]) -> None:
    for on in previews.values():
        assert touched(on.run({})) == {}


def test_each_setting_touches_exactly_its_resources(previews: dict[str, Previews]) -> None:
    def seen(case: Case) -> dict[str, str] | str:
        change = _at(case.path, case.value)
        merge(change, case.also)
        try:
            return previews[case.on].change(case.given, change)
        except AssertionError as error:  # the others are tried nevertheless
            return str(error)[-1500:]

    wrong = {}
    with ThreadPoolExecutor(2) as pool:
        for case, found in zip(CASES, pool.map(seen, CASES), strict=True):
            if found != case.touches:
                wrong[str(case)] = {"expected": dict(case.touches), "seen": found}
    assert not wrong, json.dumps(wrong, indent=2)


def test_what_has_no_effect_on_docker_touches_nothing(previews: dict[str, Previews]) -> None:
    small = previews["small"]

    def seen(path: str) -> dict[str, str]:
        return small.change({}, _at(path, WITHOUT_EFFECT[path][0]))

    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(WITHOUT_EFFECT, pool.map(seen, WITHOUT_EFFECT), strict=True))
    assert found == {path: {} for path in WITHOUT_EFFECT}


def test_a_secret_with_another_value_touches_what_is_given_it(previews: dict[str, Previews]) -> None:
    small = previews["small"]
    assert small.change_secret("searchKey", "another") == {
        "agno-app-search-api-key (Secret)": "replace",
        "agno-web (Service)": "update",
    }
    assert small.change_secret("postgresPassword", "another") == {
        "agno-postgres-password (Secret)": "replace",
        "agno-app-postgres-password (Secret)": "replace",
        "agno-postgres (Service)": "update",
        "agno-web (Service)": "update",
    }


def _at(path: str, value: Any) -> dict[str, Any]:
    head, _, rest = path.partition(".")
    return {head: _at(rest, value) if rest else value}
