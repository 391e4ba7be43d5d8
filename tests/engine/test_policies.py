"""The policy pack in the real `pulumi preview` and `up`: what it stops, shows, and says like `agno-ha check`."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml
from agno_ha.operations.errors import OperationError
from agno_ha.targets.docker.images import Images
from engine.conftest import labelled, settings
from harness.deployment import Deployment
from harness.policies import as_policies, checked, reported
from harness.pulumi import Pulumi

Make = Callable[..., Deployment]
ABOVE_THE_CEILING: dict[str, Any] = {
    "scaling": {"min": 2, "max": 11},
    "postgres": {"pool": {"size": 3, "overflow": 3}},
}
IN_PRODUCTION = {"DB-003", "DB-006", "LB-003", "LB-106"}
"""What the small stack lacks there: backups, a standby, TLS by its facts and by its nginx."""

UNKNOWN = """
import pulumi_docker as docker
import pulumi_random as random

count = random.RandomInteger("count", min=2, max=2)
password = random.RandomPassword("password", length=20)
spec = docker.ServiceTaskSpecContainerSpecArgs(
    image="busybox:1", env={"DATABASE_URL": password.result, "DB_POOL_SIZE": "50"}
)
docker.Service(
    "stranger",
    mode=docker.ServiceModeArgs(replicated=docker.ServiceModeReplicatedArgs(replicas=count.result)),
    task_spec=docker.ServiceTaskSpecArgs(container_spec=spec),
)
"""


STRANGER = """
import pulumi_docker as docker

spec = docker.ServiceTaskSpecContainerSpecArgs(image="busybox:1", env={"DB_POOL_SIZE": "50"})
docker.Service("stranger", task_spec=docker.ServiceTaskSpecArgs(container_spec=spec))
"""


@pytest.fixture
def make(tmp_path: Path, pinned: Images) -> Make:
    def made(topology: dict[str, Any] | None = None, program: str = "", **config: Any) -> Deployment:
        deployment = Deployment(
            tmp_path / "project", "t-policies", way="pulumi", topology=topology, docker=settings(pinned), **config
        )  # fmt: skip
        deployment.change({"app": {"image": pinned.app}})
        with (deployment.workspace.root / "__main__.py").open("a") as file:
            file.write(program)
        deployment.pulumi()
        return deployment

    return made


def write(deployment: Deployment, name: str, data: Any) -> None:
    (deployment.workspace.root / "policies" / f"{name}.yaml").write_text(yaml.safe_dump(data))


def nothing_was_made(deployment: Deployment) -> None:
    assert labelled(deployment) == {}
    assert Pulumi(deployment.workspace).resources() == []


def test_production_stops_before_anything_is_created(make: Make) -> None:
    deployment = make(environment="prod")
    with pytest.raises(OperationError) as refused:
        deployment.up(ready=False)
    assert all(rule in str(refused.value) for rule in ("DB-003", "LB-003"))
    done = Pulumi(deployment.workspace).run("up", "--yes", "--policy-pack", "policies", code=None)
    assert done.returncode == 1
    nothing_was_made(deployment)


def test_the_same_mandatory_finding_as_agno_ha_check(make: Make) -> None:
    deployment = make(ABOVE_THE_CEILING)
    findings = checked(deployment.workspace)
    assert [(finding["rule"], finding["level"]) for finding in findings] == [("SCALE-001", "mandatory")]
    assert reported(deployment.workspace) == as_policies(findings)


def test_the_same_findings_as_agno_ha_check(make: Make) -> None:
    # The first mandatory finding ends a preview; as advisory ones all are seen.
    deployment = make(
        {"app": {"authentication": "none"}, "redis": {"maxmemoryPolicy": "allkeys-lru"}},
        program=STRANGER,
        environment="prod",
    )
    write(deployment, "prod", {"all": "advisory"})
    findings = checked(deployment.workspace)
    rules = {finding["rule"] for finding in findings}
    assert rules >= {*IN_PRODUCTION, "SEC-001", "CACHE-002", "CACHE-102", "POOL-102", "SCALE-101", "OPS-101"}
    assert reported(deployment.workspace) == as_policies(findings)


def test_an_advisory_finding_is_shown_and_stops_nothing(make: Make) -> None:
    deployment = make(ABOVE_THE_CEILING)
    write(deployment, "dev", {"SCALE-001": "advisory"})
    done = Pulumi(deployment.workspace).run("preview", "--policy-pack", "policies")
    assert "SCALE-advisory" in done.stdout
    assert "scaling.max = 11 is above the ceiling of 10" in done.stdout


def test_bounds_of_the_environments_file_are_respected(make: Make) -> None:
    deployment = make(ABOVE_THE_CEILING)
    write(deployment, "dev", {"SCALE-001": {"ceiling": 11}})
    write(deployment, "prod", {"SCALE-001": {"ceiling": 5}})
    assert reported(deployment.workspace) == as_policies(checked(deployment.workspace)) == set()


@pytest.mark.parametrize("name", ["dev", "exceptions"])
def test_bad_files_of_the_pack_are_said_and_nothing_is_created(make: Make, name: str) -> None:
    deployment = make()
    write(deployment, name, {"SCALE-999": "advisory"})
    with pytest.raises(OperationError, match=rf"policies/{name}.yaml: SCALE-999"):
        deployment.up(ready=False)
    done = Pulumi(deployment.workspace).run("up", "--yes", "--policy-pack", "policies", code=None)
    assert done.returncode != 0
    assert f"policies/{name}.yaml: SCALE-999" in done.stdout + done.stderr
    nothing_was_made(deployment)


@pytest.mark.parametrize("environment", ["dev", "prod"])
def test_unknown_values_are_reported_with_their_path(make: Make, environment: str) -> None:
    deployment = make(program=UNKNOWN, environment=environment)
    write(deployment, "prod", {"DB": "advisory", "LB": "advisory"})  # which would end the preview before
    stranger = {
        (name, text) for name, urn, text in reported(deployment.workspace) if urn.endswith("::stranger")
    }
    replicas = "mode.replicated.replicas: could not be checked: is not known yet"
    level = "-advisory" if environment == "dev" else ""
    assert (f"SCALE{level}", f"SCALE-101: {replicas}") in stranger
    url = "taskSpec.containerSpec.env.DATABASE_URL"
    assert (
        "SEC-advisory",
        f"SEC-101: {url}: could not be checked: is not known yet, so that it may hold a password",
    ) in stranger
    # One unknown value switches off no other check of the same resource.
    assert any(text.startswith("POOL-102: ") for _, text in stranger)


def test_exceptions_are_honoured_and_reported(make: Make) -> None:
    deployment = make(environment="prod")
    entries = [
        {"rule": rule, "urn": "*", "reason": "one machine", "expires": "EXPIRES"}
        for rule in sorted(IN_PRODUCTION)
    ]
    text = yaml.safe_dump({"exceptions": entries}).replace("EXPIRES", "9999-01-31")
    (deployment.workspace.root / "policies" / "exceptions.yaml").write_text(text)
    done = Pulumi(deployment.workspace).run("preview", "--policy-pack", "policies")
    assert "LB-advisory" in done.stdout
    assert "(excepted until 9999-01-31: one machine)" in done.stdout
    assert reported(deployment.workspace) == as_policies(checked(deployment.workspace))


def test_expired_and_needless_exceptions_are_findings(make: Make) -> None:
    deployment = make()
    text = """\
exceptions:
- {rule: OPS-101, urn: '*', reason: was needed, expires: 2020-01-31}
- {rule: OPS-102, urn: '*', reason: is not needed, expires: 9999-01-31}
"""
    (deployment.workspace.root / "policies" / "exceptions.yaml").write_text(text)
    assert {name for name, _, _ in reported(deployment.workspace)} == {
        "EXCEPTION-EXPIRED",
        "EXCEPTION-UNMATCHED",
    }
    assert Pulumi(deployment.workspace).run("preview", "--policy-pack", "policies", code=None).returncode == 1
    assert Pulumi(deployment.workspace).agno_ha("check", code=1)
