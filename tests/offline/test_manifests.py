"""Rendered manifests: the plan's own objects, no secret, the same every time, and only the target's packages needed."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from agno_ha.offline import Plan, Secret
from agno_ha.render.manifests import Manifests, render

from .conftest import ROOT, Evaluate
from .test_kubernetes_plan import APP, VARIANTS

WITHOUT_DOCKER = """
import sys
sys.modules |= dict.fromkeys(("docker", "pulumi_docker", "tenacity"))
sys.argv = ["agno-ha", *sys.argv[1:]]
from agno_ha.cli import main
main()
"""


def objects(made: Manifests) -> list[dict[str, Any]]:
    return [yaml.safe_load(text) for name, text in made.files.items() if name != "kustomization.yaml"]


def without_digests(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            key: without_digests(below)
            for key, below in value.items()
            if not (key == "annotations" and any(isinstance(each, Secret) for each in below.values()))
        }
    return [without_digests(each) for each in value] if isinstance(value, list) else value


@pytest.fixture
def run(evaluate: Evaluate) -> Evaluate:
    def on_kubernetes(topology: Any = None, own: Any = None) -> Plan:
        return evaluate(
            topology, "prod", own={**APP, **(own or {})}, target="kubernetes", given="a given value"
        )

    return on_kubernetes


@pytest.mark.parametrize(("topology", "own"), [each[:2] for each in VARIANTS.values()], ids=VARIANTS)
def test_what_is_rendered_is_what_is_planned(
    run: Evaluate, topology: dict[str, Any], own: dict[str, Any]
) -> None:
    plan = run(topology, own)
    made = render(plan)
    planned = [
        without_digests(dict(each.inputs))
        for each in plan.resources
        if each.type.startswith("kubernetes:") and not each.type.endswith(":Secret")
    ]
    key = lambda each: (each["kind"], each["metadata"]["name"])  # noqa: E731
    assert sorted(objects(made), key=key) == sorted(planned, key=key)
    everything = "".join(made.files.values())
    assert "secret-agno" not in everything
    assert "a given value" not in everything
    named = yaml.safe_load(made.files["kustomization.yaml"])["resources"]
    assert named == [name for name in made.files if name != "kustomization.yaml"]
    assert made.files == render(run(topology, own)).files
    assert list(made.files) == list(render(run(topology, own)).files)


def test_the_secrets_that_must_exist_are_named_with_their_keys(run: Evaluate) -> None:
    topology = {"app": {"secrets": {"API_TOKEN": "given"}}, "loadBalancer": {"tls": {"mode": "generated"}}}
    app = ("api_token", "internal_service_token", "os_security_key", "postgres_password", "redis_password")
    made = render(run(topology))
    assert made.secrets == {
        "app": app,
        "postgres": ("postgres_admin_password", "postgres_password"),
        "redis": ("redis_users",),
        "tls": ("tls.crt", "tls.key"),
    }
    assert "#   redis: redis_users\n" in made.files["kustomization.yaml"]
    existing = render(run({**topology, "postgres": {"highAvailability": True}}, {"existingSecret": "agno"}))
    assert existing.secrets == {
        "agno": tuple(sorted((*app, "redis_users", "username", "password"))),
        "tls": ("tls.crt", "tls.key"),
    }


def test_files_of_an_earlier_run_go_and_no_other(run: Evaluate, tmp_path: Path) -> None:
    (tmp_path / "mine.yaml").write_text("mine")
    render(run()).write(tmp_path)
    assert (tmp_path / "statefulset-redis.yaml").exists()
    external = {"mode": "external", "password": "given", "external": {"host": "db.example.com"}}
    render(run({"redis": external})).write(tmp_path)
    assert not (tmp_path / "statefulset-redis.yaml").exists()
    assert (tmp_path / "mine.yaml").read_text() == "mine"


def test_the_command_needs_the_targets_packages_alone(tmp_path: Path) -> None:
    for name in ("Pulumi.yaml", "Pulumi.staging.yaml", "topology.yaml", "__main__.py"):
        shutil.copy(ROOT / name, tmp_path)
    for command in (["render", "--stack", "staging", "--out", "out"], ["check", "--stack", "staging"]):
        done = subprocess.run(
            [sys.executable, "-c", WITHOUT_DOCKER, *command],
            cwd=tmp_path, capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert (done.returncode, done.stderr) == (0, "")
        said = "Secrets that must exist in the namespace:" if command[0] == "render" else "No findings."
        assert said in done.stdout
    done = subprocess.run(
        [sys.executable, "-c", WITHOUT_DOCKER, "setup", "--stack", "staging"],
        cwd=tmp_path, capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stderr.strip()) == (
        0,
        "· Nothing to prepare: only a stack on Docker needs this.",
    )
    if kubectl := shutil.which("kubectl"):
        built = subprocess.run([kubectl, "kustomize", "out"], cwd=tmp_path, capture_output=True, check=True)
        assert len(list(yaml.safe_load_all(built.stdout))) == len(list((tmp_path / "out").iterdir())) - 1
