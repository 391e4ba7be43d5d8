"""What another checkout brought up on the same engine, or a state that was lost, is refused and not removed."""

from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
from agno_ha.operations import quickstart, recovery, stack_deploy
from agno_ha.operations.errors import OperationError, PolicyError
from agno_ha.operations.workspace import Vault, Workspace

EARLIER, BEGUN, LATER = (f"2026-11-26T09:{minute}:43.052016421Z" for minute in (50, 51, 52))
STACK = {"type": "pulumi:pulumi:Stack", "created": BEGUN}
KINDS = ("services", "secrets", "configs", "networks", "volumes")


class Thing:
    """An object of an engine's; removed where it was told to be."""

    def __init__(self, name: str, created: str) -> None:
        self.id = self.name = name
        self.attrs = {"CreatedAt": created, "Spec": {"TaskTemplate": {"ContainerSpec": {}}}}
        self.removed = False

    def remove(self) -> None:
        self.removed = True


class Engine:
    """What an engine has, by kind."""

    def __init__(self, **things: list[Thing]) -> None:
        self.things = [thing for kind in things.values() for thing in kind]
        self.containers = SimpleNamespace(list=lambda **_: [])
        self.api = SimpleNamespace(base_url="http+docker://localhost")
        self.info = lambda: {
            "Swarm": {"LocalNodeState": "active", "ControlAvailable": True, "NodeID": "here", "Nodes": 1}
        }
        for kind in KINDS:
            setattr(self, kind, self._listing(things.get(kind, [])))

    def _listing(self, things: list[Thing]) -> Any:
        def listed(filters: dict[str, str]) -> list[Thing]:
            assert filters["label"] == "com.docker.stack.namespace=agno-ha-dev"
            there = [thing for thing in things if not thing.removed]
            return [thing for thing in there if filters.get("name", "") in thing.name]

        return SimpleNamespace(list=listed)

    def left(self) -> set[str]:
        return {thing.name for thing in self.things if not thing.removed}


def running(created: str) -> dict[str, list[Thing]]:
    return {
        "services": [Thing("agno-ha-dev_web", created)],
        "secrets": [Thing("agno-ha-dev_postgres-password", created)],
        "configs": [Thing("agno-ha-dev_nginx", created)],
        "networks": [Thing("agno-ha-dev_back", "0001-01-01T00:00:00Z")],
        "volumes": [Thing("agno-ha-dev_postgres", created)],
    }


# recover ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "resources",
    [
        pytest.param([], id="an empty state"),
        pytest.param([STACK], id="a state that begins after"),
        pytest.param(
            [STACK, {"type": "docker:index/volume:Volume", "id": "agno-ha-dev_postgres"}],
            id="an up that took the volume over and failed on the names",
        ),
        pytest.param([{"type": "pulumi:pulumi:Stack"}], id="a state that does not tell when it began"),
    ],
)
def test_what_is_older_than_the_state_is_not_removed(
    workspace: Workspace, on: Callable[[Engine], Engine], resources: list[dict[str, Any]]
) -> None:
    engine = on(Engine(**running(EARLIER)))
    with pytest.raises(OperationError, match=r"service agno-ha-dev_web, .*Nothing was removed"):
        recovery.remove_unknown(workspace, resources, print)
    assert engine.left() == {thing.name for thing in engine.things}


def test_what_an_interrupted_up_left_is_removed(workspace: Workspace, on: Callable[[Engine], Engine]) -> None:
    engine = on(Engine(**running(LATER)))
    recovery.remove_unknown(workspace, [STACK], print)
    assert engine.left() == {"agno-ha-dev_postgres"}  # the volume


def test_what_the_state_knows_stays(workspace: Workspace, on: Callable[[Engine], Engine]) -> None:
    engine = on(Engine(services=[Thing("agno-ha-dev_web", EARLIER), Thing("agno-ha-dev_nginx", LATER)]))
    known = {"type": "docker:index/service:Service", "id": "agno-ha-dev_web"}
    recovery.remove_unknown(workspace, [STACK, known], print)
    assert engine.left() == {"agno-ha-dev_web"}


def test_nothing_is_refused_where_nothing_is(workspace: Workspace, on: Callable[[Engine], Engine]) -> None:
    on(Engine())
    recovery.remove_unknown(workspace, [], print)


# Without the CLI -------------------------------------------------------------------------------------------------


@pytest.fixture
def deployed(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The namespaces that an up was asked for."""
    asked: list[str] = []

    def up(workspace: Workspace, *_: object, **__: object) -> SimpleNamespace:
        asked.append(workspace.namespace)
        return SimpleNamespace(outputs={})

    monkeypatch.setattr(stack_deploy, "up", up)
    monkeypatch.setattr(quickstart.health, "until_ready", lambda *_: None)
    monkeypatch.setattr(quickstart, "url", lambda _: "http://localhost")
    return asked


def up(workspace: Workspace) -> None:
    quickstart.up_without_cli(workspace, SimpleNamespace(topology=None), print)  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", ["services", "volumes"])
def test_an_up_without_the_passwords_of_what_is_there_is_refused(
    workspace: Workspace, on: Callable[[Engine], Engine], deployed: list[str], kind: str
) -> None:
    there = running(EARLIER)[kind]
    on(Engine(**{kind: there}))
    with pytest.raises(
        OperationError, match=rf"has {kind[:-1]} {there[0].name}, but here is no \.agno-ha/dev/secrets\.json"
    ):
        up(workspace)
    assert deployed == []
    assert list(workspace.private.iterdir()) == []
    Vault(workspace).save()  # it was copied here
    up(workspace)
    assert deployed == ["agno-ha-dev"]


def test_an_up_on_an_engine_without_the_stack_goes_on(
    workspace: Workspace, on: Callable[[Engine], Engine], deployed: list[str]
) -> None:
    on(Engine(volumes=[Thing("agno-ha-dev_redis", EARLIER)]))  # no password is in it
    up(workspace)
    assert deployed == ["agno-ha-dev"]


def test_a_down_takes_no_stack_down_that_another_checkout_brought_up(
    workspace: Workspace, on: Callable[[Engine], Engine]
) -> None:
    engine = on(Engine(**running(EARLIER)))
    with pytest.raises(OperationError, match="agno-ha down --data --stack dev"):
        quickstart.take_down(workspace, print, data=False, cli=False)
    assert engine.left() == {thing.name for thing in engine.things}
    quickstart.take_down(workspace, print, data=True, cli=False)  # what the refusal names
    assert engine.left() == set()


def test_a_down_of_its_own_stack_and_of_none(workspace: Workspace, on: Callable[[Engine], Engine]) -> None:
    engine = on(Engine(**running(EARLIER)))
    Vault(workspace).save()
    quickstart.take_down(workspace, print, data=False, cli=False)
    assert engine.left() == {"agno-ha-dev_postgres"}
    assert Vault(workspace).kept
    on(Engine())
    quickstart.take_down(workspace, print, data=True, cli=False)
    assert not Vault(workspace).kept
    quickstart.take_down(workspace, print, data=False, cli=False)


def test_an_up_that_the_policies_refuse_pins_nothing(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stack_deploy.offline, "evaluate", lambda *_, **__: SimpleNamespace(warnings=[]))
    monkeypatch.setattr(stack_deploy.checks, "on_plan", lambda *_: SimpleNamespace(failed=True))
    monkeypatch.setattr(stack_deploy.formats, "text", lambda _: "SCALE-001")
    with pytest.raises(PolicyError, match="SCALE-001"):
        stack_deploy.up(workspace, SimpleNamespace(), progress=print)  # type: ignore[arg-type]
    assert workspace.deployed_by is None
    assert not Vault(workspace).kept
