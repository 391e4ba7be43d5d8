"""Up, down with the data kept, up again, down with nothing left; and the same services without the CLI."""

import shutil
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from agno_ha import certificate
from engine.conftest import labelled, state_files
from harness.deployment import Deployment
from harness.pulumi import Pulumi

SERVICES = ("nginx", "pgbouncer", "postgres", "redis", "scheduler", "web")


def specifications(deployment: Deployment) -> dict[str, dict[str, Any]]:
    """`docker service inspect` of every service, without what is generated: ids and the secrets' names."""
    names = {network.id: network.name for network in deployment.engine.networks.list()}
    found = {}
    for service in deployment.engine.services.list(
        filters={"label": f"com.docker.stack.namespace={deployment.namespace}"}
    ):
        spec = service.attrs["Spec"]
        container = spec["TaskTemplate"]["ContainerSpec"]
        for secret in container.get("Secrets", []):
            del secret["SecretID"], secret["SecretName"]
        for config in container.get("Configs", []):
            del config["ConfigID"]
        for network in spec["TaskTemplate"]["Networks"]:
            network["Target"] = names[network["Target"]]
        if not any((container.get("Privileges") or {}).values()):
            container.pop("Privileges", None)  # empty, or absent
        # Lists that the engine reads as sets: in whichever order they were sent.
        container["Env"] = sorted(container.get("Env", []))
        container["Mounts"] = sorted(container.get("Mounts", []), key=lambda mount: mount["Target"])
        spec["TaskTemplate"]["Networks"].sort(key=lambda network: network["Target"])
        spec.get("EndpointSpec", {}).get("Ports", []).sort(key=lambda port: port["TargetPort"])
        for key in ("Secrets", "Configs"):
            container[key] = sorted(container.get(key, []), key=lambda entry: entry["File"]["Name"])
        found[service.name.removeprefix(f"{deployment.namespace}_")] = spec
    return found


@pytest.fixture(scope="module")
def by_pulumi(full: Deployment, full_snapshot: Path) -> dict[str, dict[str, Any]]:
    """The services as `pulumi up` made them."""
    return specifications(full)


def test_down_keeps_the_data_and_up_goes_on(full: Deployment, by_pulumi: dict[str, dict[str, Any]]) -> None:
    assert sorted(by_pulumi) == list(SERVICES)
    session = f"kept-{uuid.uuid4().hex[:8]}"
    for turn in ("one", "two"):
        assert full.run(session, turn).status_code == 200
    passwords = {name: full.secret(name) for name in ("redis-password", "postgres-password", "security-key")}
    Pulumi(full.workspace).agno_ha("down")
    assert labelled(full) == {"volumes": [f"{full.namespace}_postgres", f"{full.namespace}_redis"]}
    kept = {entry["type"].split("/")[-1].split(":")[-1] for entry in Pulumi(full.workspace).resources()}
    assert kept == {"AgnoService", "RandomPassword", "Volume"}
    Pulumi(full.workspace).agno_ha("up")
    assert {name: full.secret(name) for name in passwords} == passwords
    answer = full.run(session, "three")
    assert answer.status_code == 200, answer.text
    assert "I see 3 turns" in answer.json()["content"]


def test_down_with_data_leaves_nothing(full: Deployment) -> None:
    Pulumi(full.workspace).agno_ha("down", "--data", "--yes")
    assert labelled(full) == {}
    assert state_files(full.workspace.root, full.workspace.stack) == []


@pytest.fixture
def without_cli(
    full: Deployment, full_snapshot: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Deployment]:
    """The same stack in a project of its own, run by `docker stack deploy`; its given secret by the environment."""
    made = Deployment(tmp_path / "project", full.workspace.stack, way="docker")
    for name in ("one.pem", f"Pulumi.{full.workspace.stack}.yaml"):
        shutil.copy(full_snapshot / name, made.workspace.root)
    made.port, made.config = full.port, full.config
    made.change({})
    private = certificate.generate("seed One")[1]
    monkeypatch.setenv("AGNO_HA_KEYONE", private)
    monkeypatch.setenv("AGNO_HA_KEYTWO", "not used")
    try:
        made.up()
        yield made
    finally:
        made.down()


def test_stack_deploy_makes_the_same_services(
    by_pulumi: dict[str, dict[str, Any]], without_cli: Deployment
) -> None:
    made = specifications(without_cli)
    assert sorted(made) == sorted(by_pulumi)
    different = {
        f"{room}: {path}": values
        for room in SERVICES
        for path, values in differences(by_pulumi[room], made[room]).items()
    }
    assert different == {}, "\n".join(
        f"{where}: pulumi {a!r}, docker {b!r}" for where, (a, b) in different.items()
    )


def differences(one: Any, other: Any, path: str = "") -> dict[str, tuple[Any, Any]]:
    """Where two specifications differ."""
    if isinstance(one, dict) and isinstance(other, dict):
        found = {}
        for key in sorted(one.keys() | other.keys()):
            found |= differences(one.get(key), other.get(key), f"{path}.{key}")
        return found
    if isinstance(one, list) and isinstance(other, list) and len(one) == len(other):
        found = {}
        for index, pair in enumerate(zip(one, other, strict=True)):
            found |= differences(*pair, f"{path}[{index}]")
        return found
    return {} if one == other else {path: (one, other)}
