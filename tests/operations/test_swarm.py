"""What the Docker engine says of its Swarm, its nodes and its tasks, and what is made of it."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from agno_ha.operations import (
    doctor,
    health,
    quickstart,
    reach,
    recovery,
    stack_deploy,
    status,
    swarm,
    swarm_services,
    work,
)
from agno_ha.operations.errors import OperationError
from agno_ha.operations.workspace import Vault, Workspace
from agno_ha.topology import Topology
from docker.errors import APIError, DockerException, NotFound

LOCAL, SSH = "http+docker://localhost", "http+docker://ssh"  # as the client's library calls them
MANAGER = {"LocalNodeState": "active", "ControlAvailable": True, "NodeID": "one", "Nodes": 2}


class Service:
    """A service with its tasks; `old` of them run on an earlier specification."""

    def __init__(
        self, room: str, *tasks: dict[str, Any], old: int = 0, volume: str = "", publish: str = ""
    ) -> None:
        self.name = self.id = f"agno-ha-dev_{room}"
        self.all, self.old, self.removed = list(tasks), old, False
        self.attrs: dict[str, Any] = {
            "Spec": {
                "Labels": {},
                "Mode": {"Replicated": {"Replicas": 1}},
                "EndpointSpec": {"Mode": "vip"} | ({"Ports": [{"PublishMode": publish}]} if publish else {}),
                "TaskTemplate": {
                    "ContainerSpec": {"Image": "sha256:1"}
                    | ({"Mounts": [{"Type": "volume", "Source": volume}]} if volume else {})
                },
            }
        }
        self.client = SimpleNamespace()

    def tasks(self, filters: dict[str, Any] | None = None) -> list[dict[str, Any]]:
        filters = filters or {}
        wanted = [
            it for it in self.all if it["DesiredState"] == filters.get("desired-state", it["DesiredState"])
        ]
        return wanted[self.old :] if filters.get("_up-to-date") else wanted

    def remove(self) -> None:
        self.removed = True


class Volume:
    """A volume of the engine's own."""

    def __init__(self, name: str) -> None:
        self.name, self.removed = name, False

    def remove(self) -> None:
        self.removed = True


class Engine:
    """A manager of a Swarm, `state` as it describes itself."""

    def __init__(
        self, *services: Service, address: str = LOCAL, volumes: tuple[Volume, ...] = (), **state: Any
    ):
        self.api = SimpleNamespace(base_url=address)
        self.state = {**MANAGER, **state}
        empty = SimpleNamespace(list=lambda **_: [])
        self.containers = self.secrets = self.configs = self.networks = empty
        self.made = [*services]
        self.services = SimpleNamespace(list=self._services)
        self.volumes = SimpleNamespace(list=lambda **_: [it for it in volumes if not it.removed])
        self.nodes = SimpleNamespace(get=self._node)
        self.swarm = SimpleNamespace(
            init=lambda **_: self.state.update(LocalNodeState="active"),
            leave=lambda **_: self.state.update(LocalNodeState="inactive"),
        )

    def info(self) -> dict[str, Any]:
        time = "2026-11-26T09:50:43.052016421Z"
        return {"Swarm": self.state, "ServerVersion": "1", "DockerRootDir": "/", "SystemTime": time}

    def _services(self, **_: Any) -> list[Service]:
        if self.state["LocalNodeState"] == "inactive":
            raise APIError("This node is not a swarm manager.")
        return [it for it in self.made if not it.removed]

    @staticmethod
    def _node(name: str) -> Any:
        if name == "gone":
            raise NotFound("no such node")
        return SimpleNamespace(attrs={"Description": {"Hostname": f"{name}.example"}})


def task(
    node: str = "one", state: str = "running", desired: str = "running", **status: Any
) -> dict[str, Any]:
    return {
        "NodeID": node, "DesiredState": desired, "UpdatedAt": "2026-11-26T09:50:43Z",
        "Status": {"State": state, **status},
    }  # fmt: skip


# The engine ------------------------------------------------------------------------------------------------------


class Client:
    closed = False

    def close(self) -> None:
        self.closed = True


@pytest.fixture
def connected(monkeypatch: pytest.MonkeyPatch) -> Client:
    client = Client()
    monkeypatch.setattr(swarm, "connect", lambda: client)
    return client


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (
            APIError("500", explanation="rpc error: no quorum"),
            "engine refused: rpc error: no quorum. Look at",
        ),
        (DockerException("while fetching"), "engine did not answer: while fetching. "),
        (requests.ReadTimeout("Read timed out."), "engine did not answer: Read timed out. Look"),
    ],
)
def test_an_error_of_the_engine_is_told_in_words(connected: Client, error: Exception, said: str) -> None:
    with pytest.raises(OperationError, match=said), swarm.engine():
        raise error
    assert connected.closed


def test_what_the_body_handles_or_means_is_left_alone(connected: Client) -> None:
    with swarm.engine(), pytest.raises(NotFound):
        raise NotFound("no such volume")
    with pytest.raises(KeyError), swarm.engine():
        raise KeyError("a defect")


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ({"LocalNodeState": "locked", "ControlAvailable": False}, "docker swarm unlock"),
        ({"LocalNodeState": "pending", "ControlAvailable": False}, "whose state is pending. Wait"),
        ({"LocalNodeState": "error", "Error": "cluster is lost"}, r"state is error \(cluster is lost\)"),
        ({"ControlAvailable": False}, "a Swarm worker. Run this on a manager"),
    ],
)
def test_a_swarm_that_can_be_no_manager_is_refused(
    workspace: Workspace, on: Callable[[Engine], Engine], state: dict[str, Any], said: str
) -> None:
    engine = on(Engine(**state))
    before = dict(engine.state)
    with pytest.raises(OperationError, match=said):
        swarm.ensure_swarm(workspace, engine, print)  # type: ignore[arg-type]
    assert engine.state == before
    found = next(it for it in doctor._docker(workspace, stack()) if it.what == "Swarm")
    assert not found.ok
    assert found.needed
    assert found.says == swarm.unfit(engine.state)


def test_an_engine_without_a_swarm_is_made_one(workspace: Workspace) -> None:
    engine = Engine(LocalNodeState="inactive", ControlAvailable=False)
    swarm.ensure_swarm(workspace, engine, print)  # type: ignore[arg-type]
    assert engine.state["LocalNodeState"] == "active"
    assert swarm._mark(workspace).exists()


def stack() -> Any:
    topology = Topology.model_validate({"loadBalancer": {"httpPort": 1}})
    return SimpleNamespace(topology=topology, settings=None)


# Tasks -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "status",
    [
        {"Err": "no suitable node (insufficient resources on 1 node)", "Message": "pending task scheduling"},
        {"Message": "no suitable node (insufficient resources on 1 node)"},
    ],
)
def test_why_a_task_waits_is_told(status: dict[str, str]) -> None:
    [row] = swarm_services.look(Engine(Service("web", task(state="pending", **status))), "agno-ha-dev")  # type: ignore[arg-type]
    assert row.problem.startswith("0 of 1 running: no suitable node (insufficient resources on 1 node); see")


def test_tasks_of_before_an_update_are_not_waited_for() -> None:
    web = Service("web", task(), old=1)
    with pytest.raises(OperationError, match="Not all services came up within 0 s"):
        swarm_services.wait_converged(Engine(web), "agno-ha-dev", timeout=0, progress=print)  # type: ignore[arg-type]
    web.all.append(task())
    swarm_services.wait_converged(Engine(web), "agno-ha-dev", timeout=0, progress=print)  # type: ignore[arg-type]


# Where it is asked -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("address", "publish", "node", "there"),
    [
        (LOCAL, "ingress", "two", True),
        (LOCAL, "host", "one", True),
        (LOCAL, "host", "two", False),
        ("http://127.0.0.1:2375", "ingress", "one", True),
        ("https://manager.example:2376", "ingress", "one", False),
        (SSH, "host", "one", False),
    ],
)
def test_the_load_balancer_is_asked_where_it_answers(
    address: str, publish: str, node: str, there: bool
) -> None:
    engine = Engine(Service("web", task()), Service("nginx", task(node), publish=publish), address=address)
    assert swarm_services.here(engine, "agno-ha-dev") is there  # type: ignore[arg-type]


@pytest.mark.parametrize("there", [True, False])
def test_an_up_asks_only_where_the_load_balancer_answers(
    workspace: Workspace, on: Callable[[Engine], Engine], monkeypatch: pytest.MonkeyPatch, there: bool
) -> None:
    on(Engine(address=LOCAL if there else SSH))
    asked, said = list[str](), list[str]()
    monkeypatch.setattr(health, "ask_ready", asked.append)
    monkeypatch.setattr(stack_deploy, "up", lambda *_, **__: SimpleNamespace(outputs={}))
    monkeypatch.setattr(quickstart, "url", lambda _: "http://127.0.0.1:8000")
    quickstart.up_without_cli(workspace, SimpleNamespace(topology=None), said.append)  # type: ignore[arg-type]
    with health.watched(workspace) as platform:
        platform.check({"url": SimpleNamespace(value="http://127.0.0.1:8000")}, {}, said.append)  # type: ignore[dict-item]
    assert asked == ["http://127.0.0.1:8000"] * 2 * there
    assert any(line.startswith("Not asked: ") for line in said) is not there


@pytest.mark.parametrize(("address", "ready"), [(LOCAL, False), (SSH, None)])
def test_a_status_does_not_guess(
    workspace: Workspace,
    on: Callable[[Engine], Engine],
    monkeypatch: pytest.MonkeyPatch,
    address: str,
    ready: bool | None,
) -> None:
    def nobody(_: str) -> None:
        raise ConnectionRefusedError

    on(Engine(Service("web", task()), address=address))
    monkeypatch.setattr(health, "ask_ready", nobody)
    monkeypatch.setattr(reach, "read", lambda _: stack())
    found = status.of(workspace)
    assert found.url == "http://127.0.0.1:1"
    assert found.ready is ready


# Data on other nodes ---------------------------------------------------------------------------------------------


def stores(node: str) -> list[Service]:
    return [
        Service("web", task("three")),
        Service("postgres", task("one"), task(node, "shutdown", "shutdown"), volume="agno-ha-dev_postgres"),
        Service("redis", task(node), volume="agno-ha-dev_redis"),
    ]


@pytest.mark.parametrize(("node", "name"), [("two", "two.example"), ("gone", "gone")])
def test_data_on_another_node_is_not_left_without_its_passwords(
    workspace: Workspace, on: Callable[[Engine], Engine], node: str, name: str
) -> None:
    services, volume = stores(node), Volume("agno-ha-dev_postgres")
    engine = on(Engine(*services, volumes=(volume,)))
    Vault(workspace).save()
    with pytest.raises(
        OperationError, match=rf"docker -H ssh://{name} volume rm agno-ha-dev_postgres agno-ha-dev_redis;"
    ):
        quickstart.take_down(workspace, print, data=True, cli=False)
    assert not any(thing.removed for thing in [*services, volume])
    assert Vault(workspace).kept

    quickstart.take_down(workspace, print, data=False, cli=False)  # what the refusal names
    assert not engine.services.list()
    said = list[str]()
    quickstart.take_down(workspace, said.append, data=True, cli=False)
    assert any("docker -H ssh://NODE volume ls" in line for line in said)
    assert volume.removed
    assert not Vault(workspace).kept


def test_after_a_down_that_left_the_swarm(
    workspace: Workspace, on: Callable[[Engine], Engine], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The data is still there, and can be deleted; nothing else is, and that is said."""
    volume, leave = Volume("agno-ha-dev_postgres"), swarm.leave_swarm
    engine = on(Engine(volumes=(volume,), LocalNodeState="inactive"))
    monkeypatch.setattr(swarm, "leave_swarm", leave)
    Vault(workspace).save()
    monkeypatch.setattr(reach, "read", lambda _: stack())
    assert not status.of(workspace).services
    recovery.remove_unknown(workspace, [], print)
    for _ in range(2):
        quickstart.take_down(workspace, print, data=True, cli=False)
        assert engine.state["LocalNodeState"] == "inactive"
    assert volume.removed


def test_data_on_this_node_goes(workspace: Workspace, on: Callable[[Engine], Engine]) -> None:
    on(Engine(*stores("one")))
    said = list[str]()
    quickstart.take_down(workspace, said.append, data=True, cli=False)
    assert not any("ssh" in line for line in said)


@pytest.mark.parametrize("keep_data", [True, False])
def test_a_destroy_sees_to_data_on_another_node_first(
    workspace: Workspace,
    on: Callable[[Engine], Engine],
    monkeypatch: pytest.MonkeyPatch,
    keep_data: bool,
) -> None:
    did = list[str]()
    opened = SimpleNamespace(
        name="dev",
        preview_destroy=lambda **_: did.append("preview"),
        destroy=lambda **_: did.append("destroy"),
    )
    on(Engine(*stores("two")))
    monkeypatch.setattr(work.automation, "remove", lambda _: did.append("remove"))
    made = work.Work(workspace, lambda _: None)
    made._opened = opened  # type: ignore[assignment]
    made._state = {"resources": [{"urn": "web", "type": "docker:index/service:Service", "custom": True}]}
    if keep_data:
        made.destroy(keep_data=True)
        assert did == ["preview", "destroy"]
    else:
        with pytest.raises(OperationError, match="Nothing was removed"):
            made.destroy()
        assert did == []


# docker stack deploy ---------------------------------------------------------------------------------------------


def test_the_nodes_get_the_login_of_a_private_registry(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    command = tmp_path / "docker"
    command.write_text('#!/bin/sh\necho "$@" >asked; echo "no such network" >&2; exit 1\n')
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=os.pathsep)
    files = SimpleNamespace(write=lambda directory: directory / "stack.yaml", secrets={}, configs={})
    monkeypatch.setattr(stack_deploy, "plan", lambda *_: SimpleNamespace(warnings=[]))
    monkeypatch.setattr(stack_deploy, "render", lambda *_: files)
    with pytest.raises(OperationError, match="docker stack deploy failed: no such network"):
        stack_deploy.up(workspace, Engine(), progress=print)  # type: ignore[arg-type]
    asked = (workspace.private / "asked").read_text()
    assert asked.startswith("stack deploy ")
    assert " --with-registry-auth " in asked
