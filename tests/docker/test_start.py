"""Many instances at once on an empty database, also while it can't be reached; beside another stack."""

import json
import re
import threading
import time
import uuid
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import httpx
import pytest
from agno_ha.operations.errors import OperationError
from agno_ha.operations.quickstart import prepare
from agno_ha.targets.docker.swarm_names import NAMESPACE_LABEL
from docker.errors import NotFound
from harness.deployment import Deployment

INSTANCES = 4
TOPOLOGY = {
    "app": {"memory": "384MiB", "drain": {"delay": "1s"}, "health": {"startPeriod": "40s"}},
    "scaling": {"min": INSTANCES, "max": INSTANCES},
}


HARMLESS = ("overcommit", "the database system is starting up")
"""Redis about the machine's setting, which is not a container's to change; Postgres to those who come early."""


@pytest.fixture
def four(tmp_path: Path) -> Iterator[Deployment]:
    made = Deployment(tmp_path / "start", "t-start", topology=TOPOLOGY)
    try:
        yield made
    finally:
        made.down()


@dataclass
class Visitor:
    """Posts a turn again and again from before the first start on, each to a session of its own."""

    deployment: Deployment
    acknowledged: list[str] = field(default_factory=list)
    statuses: set[int] = field(default_factory=set)

    def __enter__(self) -> "Visitor":
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._run)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._thread.join()

    def _run(self) -> None:
        secrets = self.deployment.workspace.private / "secrets.json"
        while not self._over.wait(0.2):
            try:
                self.deployment.key = json.loads(secrets.read_text())["agno-security-key"]
                session = f"first-{uuid.uuid4().hex}"
                answer = self.deployment.run(session, "hello")
            except (FileNotFoundError, httpx.TransportError):
                continue
            self.statuses.add(answer.status_code)
            if answer.status_code == 200:
                self.acknowledged.append(session)


def stored(deployment: Deployment, prefix: str) -> set[str]:
    return {
        row[0]
        for row in deployment.sql(f"SELECT session_id FROM ai.agno_runs WHERE session_id LIKE '{prefix}%'")
    }


def complaints(deployment: Deployment) -> list[str]:
    """Lines of every container's log, also of those that ended, that are worse than information."""
    found = []
    wanted = {"label": f"{NAMESPACE_LABEL}={deployment.namespace}"}
    for container in deployment.engine.containers.list(all=True, filters=wanted):
        for line in container.logs().decode(errors="replace").splitlines():
            if line.startswith("{"):
                entry = json.loads(line)
                bad = entry.get("level", "info") not in ("info", "debug") or entry.get("status", 0) >= 500
            else:
                bad = re.search(r"\b(warning|error|fatal|panic|warn|emerg|alert|crit)\b", line, re.IGNORECASE)
            if bad and not any(harmless in line for harmless in HARMLESS):
                found.append(f"{container.name}: {line}")
    return found


def first_runs(deployment: Deployment, count: int = 24) -> None:
    """Many users at once, right after the start: every one is answered, and every answer is in the store."""
    sessions = [f"run-{uuid.uuid4().hex}" for _ in range(count)]
    with ThreadPoolExecutor(12) as users:
        answers = list(users.map(lambda session: deployment.run(session, "hello"), sessions))
    assert [answer.status_code for answer in answers] == [200] * count
    assert stored(deployment, "run-") >= set(sessions)


def test_all_at_once_on_an_empty_database(four: Deployment) -> None:
    four.up()
    assert len(four.containers("web")) == INSTANCES
    first_runs(four)
    assert len({container.attrs["Created"] for container in four.containers("web")}) == INSTANCES
    prepared = [
        entry["message"]
        for container in four.containers("web")
        for entry in map(json.loads, container.logs().decode().splitlines())
        if entry["message"].startswith("schema ")
    ]
    assert prepared.count("schema prepared") == 1
    assert not complaints(four)


def test_postgres_unreachable_during_the_first_start(four: Deployment, deployment: Deployment) -> None:
    other = snapshot(deployment)
    with Visitor(four) as visitor:
        outcome: list[BaseException | None] = []

        def first() -> None:
            try:
                four.up(timeout=45, ready=False)
                outcome.append(None)
            except OperationError as error:
                outcome.append(error)

        thread = threading.Thread(target=first)
        thread.start()
        while thread.is_alive():
            try:
                postgres = four.service("postgres")
                if postgres.attrs["Spec"]["Mode"]["Replicated"]["Replicas"]:
                    postgres.scale(0)
            except NotFound:
                time.sleep(0.05)
            else:
                break
        thread.join()
        assert isinstance(outcome[0], OperationError)
        assert "web" in str(outcome[0])
        assert not four.containers("postgres")
        assert not visitor.acknowledged

        four.up()
        deadline = time.monotonic() + 30
        while len(visitor.acknowledged) < 10 and time.monotonic() < deadline:
            time.sleep(0.2)
    assert len(visitor.acknowledged) >= 10
    assert visitor.statuses <= {200, 502, 503, 504}, visitor.statuses
    assert stored(four, "first-") >= set(visitor.acknowledged)
    first_runs(four)
    assert not [
        line for line in complaints(four) if re.search("Unique|Duplicate|already exists|Undefined", line)
    ]

    assert snapshot(deployment) == other
    four.down()
    assert snapshot(deployment) == other
    wanted = {"label": f"{NAMESPACE_LABEL}={four.namespace}"}
    engine = four.engine
    for kind in (engine.services, engine.volumes, engine.networks, engine.secrets, engine.configs):
        assert not kind.list(filters=wanted)
    answer = deployment.run("beside", "hello")
    assert answer.status_code == 200


def snapshot(deployment: Deployment) -> dict[str, Any]:
    """What a stack consists of, and its data: a neighbour changes none of it."""
    wanted = {"label": f"{NAMESPACE_LABEL}={deployment.namespace}"}
    engine = deployment.engine
    return {
        "services": {
            service.id: service.attrs["Version"] for service in engine.services.list(filters=wanted)
        },
        "containers": {container.id for container in engine.containers.list(filters=wanted)},
        # By name: what the engine calls their creation changes with any file in them. In use, none can be made anew.
        "volumes": {volume.name for volume in engine.volumes.list(filters=wanted)},
        "networks": {network.id for network in engine.networks.list(filters=wanted)},
        "secrets": {secret.id for secret in engine.secrets.list(filters=wanted)},
        "configs": {config.id for config in engine.configs.list(filters=wanted)},
        "runs": deployment.sql(
            "SELECT count(*), md5(string_agg(run_id, '' ORDER BY run_id)) FROM ai.agno_runs"
        ),
    }


def test_load_balancers_without_a_node_each_are_refused_before_anything_exists(tmp_path: Path) -> None:
    topology = {**TOPOLOGY, "loadBalancer": {"replicas": 2}}
    made = Deployment(tmp_path / "two", "t-two", topology=topology)
    with pytest.raises(OperationError, match=r"loadBalancer.replicas = 2: .* has 1\. Lower it to 1"):
        prepare(made.workspace, print, print)
