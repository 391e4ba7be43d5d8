"""After a roll the service is asked what it runs, and the URL waits for the answer."""

from __future__ import annotations

import json
import shutil
from functools import partial
from pathlib import Path
from typing import Any

import pytest
from agno_ha import offline, placeholders
from agno_ha.cli import app
from agno_ha.configuration import deep_merge
from typer.testing import CliRunner

from .ecs import PROD, ROOT


def service(name: str, runs: str, *said: str) -> dict[str, Any]:
    """What ECS says of a service that runs this."""
    counts = {"desiredCount": 1, "runningCount": 1, "pendingCount": 0}
    return {
        "serviceName": name, "taskDefinition": runs, **counts, "deployments": [{"status": "PRIMARY", **counts}],
        "events": [{"id": "1", "createdAt": "", "message": message} for message in said],
    }  # fmt: skip


def test_a_scheduler_that_was_rolled_back_fails_the_run_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def answer(_: Any, args: Any) -> dict[str, Any]:
        name = args.args["serviceName"]
        runs = f"arn:aws:placeholder::{placeholders.ACCOUNT}:TaskDefinition/{name}"
        return service(name, runs.replace("scheduler", "older"), "tasks failed to start")

    monkeypatch.setattr(offline._Mocks, "call", answer)
    for name in ("__main__.py", "topology.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    topology = deep_merge(
        PROD["agno-ha:topology"], {"app": {"scheduler": {"enabled": True, "memory": "1GiB"}}}
    )
    config = {
        key: value if isinstance(value, str) else json.dumps(value)
        for key, value in {**PROD, "agno-ha:topology": topology}.items()
    }
    with pytest.raises(
        offline.ProgramError,
        match=r"agno-ha-prod-scheduler runs agno-ha-prod-older, not agno-ha-prod-scheduler: .* tasks failed to start",
    ):
        offline.evaluate(tmp_path, "prod", config, outputs=partial(placeholders.outputs, "agno-ha-prod"))


def test_the_service_is_asked_what_it_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[tuple[str, dict[str, Any]]] = []

    def answer(_: Any, args: Any) -> dict[str, Any]:
        asked.append((args.token, dict(args.args)))
        arn = f"arn:aws:placeholder::{placeholders.ACCOUNT}:TaskDefinition/agno-ha-prod-web"
        return service(args.args["serviceName"], arn)

    monkeypatch.setattr(offline._Mocks, "call", answer)
    for name in ("__main__.py", "topology.yaml"):
        shutil.copy(ROOT / name, tmp_path)
    config = {
        key: value if isinstance(value, str) else json.dumps(value) for key, value in PROD.items()
    }  # as Pulumi gives it, without the mark of the offline plan
    plan = offline.evaluate(tmp_path, "prod", config, outputs=partial(placeholders.outputs, "agno-ha-prod"))
    assert plan.outputs["url"] == "https://agents.example.com"
    [(token, given)] = asked
    assert token == "aws:ecs/getService:getService"
    assert given["serviceName"] == "agno-ha-prod-web"
    assert str(given["clusterArn"]).endswith("Cluster/agno-ha-prod-cluster")


def test_what_is_for_docker_says_what_to_use(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(ROOT)
    done = CliRunner().invoke(app, ["render", "--out", "out", "--stack", "prod"])
    assert done.exit_code == 2
    text = " ".join(done.stderr.split())
    assert "Pulumi.prod.yaml: agno-ha:target = ecs: " in text
    assert "pulumi up --stack prod --policy-pack policies" in text


def test_a_given_provider_is_used(tmp_path: Path) -> None:
    program = (ROOT / "__main__.py").read_text()
    program = program.replace("import pulumi\n", "import pulumi\nimport pulumi_aws as aws\n", 1).replace(
        "secrets=secrets,",
        'secrets=secrets, opts=pulumi.ResourceOptions(provider=aws.Provider("theirs", region="eu-central-1")),',
    )
    (tmp_path / "__main__.py").write_text(program)
    shutil.copy(ROOT / "topology.yaml", tmp_path)
    config = {key: value if isinstance(value, str) else json.dumps(value) for key, value in PROD.items()}
    config["agno-ha:resolveImages"] = "false"
    plan = offline.evaluate(tmp_path, "prod", config, outputs=partial(placeholders.outputs, "agno-ha-prod"))
    assert [each.name for each in plan.of_type("pulumi:providers:aws")] == ["theirs"]
