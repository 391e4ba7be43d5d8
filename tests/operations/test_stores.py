"""Backup, restore and other passwords on servers of this machine: no engine, no cluster."""

import json
import os
import shutil
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import servers
from agno_ha.operations import reach, stores
from agno_ha.operations.errors import OperationError, PolicyError
from agno_ha.operations.model import Held, Kind, OperationRefusedError, State
from agno_ha.operations.operations import Operations
from agno_ha.operations.processes import Owner
from agno_ha.operations.stores import manifest, restore, rotation
from agno_ha.operations.stores.manifest import File, Manifest
from agno_ha.operations.stores.postgres import PostgresStore
from agno_ha.operations.stores.redis import RedisStore
from agno_ha.operations.workspace import Vault, Workspace
from agno_ha.servers import ADMINISTRATOR
from agno_ha.topology import Postgres

ROOT = Path(__file__).parents[2]

needs_redis = pytest.mark.skipif(
    shutil.which("redis-server") is None, reason="no Redis server: apt-get install redis-server"
)


@pytest.fixture
def workspace(tmp_path: Path) -> Workspace:
    """A stack on Docker that was brought up without the CLI."""
    for name in ("Pulumi.yaml", "Pulumi.dev.yaml", "topology.yaml", "__main__.py"):
        shutil.copy(ROOT / name, tmp_path)
    with (tmp_path / "Pulumi.dev.yaml").open("a") as file:
        file.write('  agno-ha:resolveImages: "false"\n')
    made = Workspace(tmp_path, "dev")
    made.keep(made.private / "deployed-by", "docker")
    return made


class Here:
    """A way into containers that are this machine; their directories are in one of it."""

    def __init__(self, root: Path, **environment: str) -> None:
        self._root = root
        self._environment = [f"{name}={value}" for name, value in environment.items()]

    def inside(self, room: str, *program: str, terminal: bool = False) -> list[str]:
        there = [
            part.replace("/data", f"{self._root}/data").replace("/run", f"{self._root}/run")
            for part in program
        ]
        return ["env", *self._environment, *there]

    def logs(self, room: str, *, follow: bool, tail: int) -> list[str]:
        raise NotImplementedError

    def restart(self, room: str) -> None:
        raise NotImplementedError


@pytest.fixture
def postgres(server: servers.Postgres, tmp_path: Path) -> Iterator[PostgresStore]:
    """A store whose app has one session."""
    with server.connect() as connection:
        connection.execute(f"CREATE ROLE {ADMINISTRATOR} SUPERUSER LOGIN PASSWORD 'admin'")
        connection.execute("CREATE ROLE app LOGIN PASSWORD 'app'")
        connection.execute("CREATE DATABASE talk OWNER app")
    with server.connect("talk") as connection:
        connection.execute("CREATE SCHEMA ai; CREATE TABLE ai.agno_sessions AS SELECT 1 AS id")
    path = f"{servers.POSTGRES_BIN}:{os.environ['PATH']}"
    here = Here(tmp_path, PATH=path, PGHOST="127.0.0.1", PGPORT=str(server.port), PGPASSWORD="admin")
    yield PostgresStore(here, Postgres(database="talk", user="app"))
    with server.connect() as connection:
        for sql in ("DATABASE IF EXISTS talk WITH (FORCE)", "ROLE app", f"ROLE {ADMINISTRATOR}"):
            connection.execute(f"DROP {sql}".encode())


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[tuple[RedisStore, servers.Redis]]:
    """A store, and its server."""
    for name in ("data", "run/secrets", "bin"):
        (tmp_path / name).mkdir(parents=True)
    (tmp_path / "run/secrets/redis_password").write_text(servers.PASSWORD)
    server = servers.Redis(tmp_path / "data")
    client = tmp_path / "bin" / "redis-cli"
    client.write_text(f'#!/bin/sh\nexec {shutil.which("redis-cli")} -p {server.port} "$@"\n')
    client.chmod(0o700)
    yield RedisStore(Here(tmp_path, PATH=f"{client.parent}:{os.environ['PATH']}")), server
    server.stop()


# Backup ------------------------------------------------------------------------------------------------------------


class Lossy(Here):
    """A way that loses the end of what a program prints, and calls that a success: `kubectl exec` may."""

    def inside(self, room: str, *program: str, terminal: bool = False) -> list[str]:
        command = super().inside(room, *program)
        return ["sh", "-c", '"$@" | { head -c 20; cat >/dev/null; }', "sh", *command]


def lossy(store: PostgresStore | RedisStore, monkeypatch: pytest.MonkeyPatch) -> None:
    whole = store._reach
    assert isinstance(whole, Here)
    less = Lossy(whole._root)
    less._environment = whole._environment
    monkeypatch.setattr(store, "_reach", less)


def test_a_dump_of_which_the_end_was_lost_is_no_dump(
    postgres: PostgresStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dump = tmp_path / "dump"
    assert postgres.dump(dump) == manifest.digest(dump)
    lossy(postgres, monkeypatch)
    with pytest.raises(OperationError, match="less: the 20 bytes that arrived are not what postgres sent"):
        postgres.dump(tmp_path / "less")


def test_a_dump_that_fails_says_why(postgres: PostgresStore, tmp_path: Path) -> None:
    postgres._database = "missing"
    with pytest.raises(OperationError, match='database "missing" does not exist'):
        postgres.dump(tmp_path / "dump")


@needs_redis
def test_a_snapshot_of_which_the_end_was_lost_is_no_snapshot(
    redis: tuple[RedisStore, servers.Redis], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, server = redis
    server.client().set("session", "kept")
    snapshot = tmp_path / "snapshot"
    assert store.dump(snapshot) == manifest.digest(snapshot)
    assert b"session" in snapshot.read_bytes()
    store.load(snapshot)
    assert store._password == servers.PASSWORD
    lossy(store, monkeypatch)
    with pytest.raises(OperationError, match="less: the 20 bytes that arrived are not what redis sent"):
        store.dump(tmp_path / "less")


@needs_redis
def test_two_snapshots_at_once(redis: tuple[RedisStore, servers.Redis], tmp_path: Path) -> None:
    store, server = redis
    server.client().set("session", "kept" * 1000)
    found: list[str] = []
    threads = [
        threading.Thread(target=lambda n=n: found.append(store.dump(tmp_path / f"snapshot{n}")))
        for n in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == len(threads)
    assert not list((tmp_path / "data").glob("backup*"))


# Rotate ------------------------------------------------------------------------------------------------------------


def test_policies_are_asked_before_a_password_is_changed(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    changed: list[tuple[str | None, ...]] = []
    deployed: list[str] = []

    def change(*passwords: str | None) -> None:
        assert running(workspace) == ["rotate"]
        changed.append(passwords)

    def deploy() -> None:
        assert running(workspace) == []  # so that its own operations can begin
        deployed.append("up")

    postgres = SimpleNamespace(change_passwords=change)
    monkeypatch.setattr(stores, "of", lambda *_: (None, postgres, None))

    def rotate() -> list[str]:
        return rotation.rotate(workspace, print, deploy)

    rotate()
    before = (workspace.private / "secrets.json").read_text()
    stack = workspace.root / "Pulumi.dev.yaml"
    allowed = stack.read_text()
    stack.write_text(allowed.replace("environment: dev", "environment: prod"))
    with pytest.raises(PolicyError, match="DB-003"):
        rotate()
    assert (workspace.private / "secrets.json").read_text() == before
    assert (len(changed), len(deployed)) == (1, 1)

    stack.write_text(allowed)
    assert rotate() == [f"agno-{name}" for name in sorted(rotation._ROTATED)]
    vault = Vault(workspace)
    assert changed[-1] == (vault.get("agno-postgres-password"), vault.get("agno-postgres-admin-password"))
    assert not set(changed[0]) & set(changed[1])
    assert len(deployed) == 2


# One at a time ------------------------------------------------------------------------------------------------------


def running(workspace: Workspace) -> list[str]:
    with closing(Operations(workspace.root)) as operations:
        return [str(operation.kind) for operation in operations.store.running(workspace.stack)]


def test_nothing_begins_while_a_restore_works(workspace: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    backup = workspace.root / "backup"
    backup.mkdir()
    (backup / "redis.rdb").write_bytes(b"kept")
    entry = File(file="redis.rdb", bytes=4, sha256=manifest.digest(backup / "redis.rdb"), server="7.0")
    Manifest(
        stack="dev", target="docker", created="2026-01-01T00:00:00Z", agno_ha="0", stores={"redis": entry}
    ).write(backup)
    seen: list[list[str]] = []

    def load(_: Path) -> None:
        seen.append(running(workspace))
        if len(seen) == 1:
            raise OperationError("what a server says")

    way = SimpleNamespace(restart=lambda _: seen.append(running(workspace)))
    redis = SimpleNamespace(name="redis", refuse=lambda _: None, load=load, swap=lambda: None)
    monkeypatch.setattr(stores, "of", lambda *_: (way, None, redis))
    with pytest.raises(OperationError, match="what a server says"):
        restore.restore(workspace, backup, print)
    assert seen == [["restore"]]
    restore.restore(workspace, backup, print)
    assert seen == [["restore"]] * 3

    with closing(Operations(workspace.root)) as operations:
        found = operations.history("dev")
        assert [(it.kind, it.state) for it in found] == [
            (Held.RESTORE, State.SUCCEEDED), (Held.RESTORE, State.FAILED),
        ]  # fmt: skip
        assert "what a server says" not in str(found[1].error)

        begun = operations.store.begin("dev", Kind.PREVIEW, requester="ada", owner=Owner.of(os.getpid()))
        for refused in (
            lambda: restore.restore(workspace, backup, print),
            lambda: rotation.rotate(workspace, print, lambda: None),
        ):
            with pytest.raises(OperationRefusedError, match=f"busy: preview {begun.id} of ada"):
                refused()
        assert len(seen) == 3

        operations.store.finish(begun.id, State.SUCCEEDED)
        with operations.hold("dev", Held.ROTATE, requester="bob"):
            with pytest.raises(OperationRefusedError, match=r"busy: rotate \w+ of bob"):
                operations.start("dev", Kind.DRIFT, requester="ada")
            with pytest.raises(OperationRefusedError, match=r"busy: rotate \w+ of bob"):
                restore.restore(workspace, backup, print)


def test_who_is_killed_at_it_holds_nothing(workspace: Workspace) -> None:
    code = (
        "from agno_ha.operations.carrying import held\nfrom agno_ha.operations.model import Held\n"
        "from agno_ha.operations.workspace import Workspace\nimport pathlib, time\n"
        "with held(Workspace(pathlib.Path.cwd(), 'dev'), Held.RESTORE): print(flush=True); time.sleep(600)"
    )
    with subprocess.Popen([sys.executable, "-c", code], cwd=workspace.root, stdout=subprocess.PIPE) as holder:
        assert holder.stdout is not None
        holder.stdout.readline()
        assert running(workspace) == ["restore"]
        holder.kill()
    assert running(workspace) == []
    with closing(Operations(workspace.root)) as operations:
        [found] = operations.history("dev")
    assert (found.state, str(found.error)[-15:]) == (State.INTERRUPTED, "Start it again.")


# Restore -----------------------------------------------------------------------------------------------------------


def test_postgres_is_restored_whatever_an_earlier_try_left(
    postgres: PostgresStore, server: servers.Postgres, tmp_path: Path
) -> None:
    dump = tmp_path / "dump"
    postgres.dump(dump)
    with server.connect("talk") as connection:
        connection.execute("INSERT INTO ai.agno_sessions VALUES (2), (3)")
    assert postgres.holds() == 3

    postgres.load(dump)  # and cut off
    postgres.load(dump)
    postgres.close()  # and cut off: the next try counts, loads and swaps with the app kept out
    assert postgres.holds() == 3
    postgres.load(dump)
    postgres.close()
    postgres.swap()
    postgres.open()
    assert postgres.holds() == 1

    with server.connect() as connection:
        connection.execute("DROP DATABASE talk")
        assert postgres.holds() == 0
        postgres.load(dump)
        postgres.swap()
        assert postgres.holds() == 1
        names = {name for (name,) in connection.execute("SELECT datname FROM pg_database").fetchall()}
    assert not {name for name in names if str(name).startswith("agno_ha_")}


@needs_redis
def test_redis_asks_an_instance_only_for_what_needs_the_password(tmp_path: Path) -> None:
    store = RedisStore(Here(tmp_path))
    assert store.version().split(".")[0].isdigit()
    with pytest.raises(OperationError, match="in web failed"):
        store.load(tmp_path / "none")


def pod(name: str, *, ready: bool = False, running: bool = True, ending: bool = False) -> dict[str, Any]:
    state: dict[str, Any] = {"running": {}} if running else {"waiting": {"reason": "CrashLoopBackOff"}}
    return {
        "metadata": {"name": name, "labels": {}, **({"deletionTimestamp": "now"} if ending else {})},
        "spec": {"containers": [{"name": "web"}, {"name": "other"}]},
        "status": {
            "conditions": [{"type": "Ready", "status": str(ready)}],
            "containerStatuses": [
                {"name": "other", "state": {"running": {}}},
                {"name": "web", "state": state},
            ],
        },
    }


@pytest.mark.parametrize(
    ("pods", "chosen"),
    [
        ([pod("a"), pod("b", ready=True)], "b"),
        # While a restore keeps the app out of Postgres none is ready, and its rerun needs the password.
        ([pod("a", running=False), pod("b")], "b"),
        ([pod("a", ready=True, ending=True), pod("b")], "b"),
        ([pod("a", running=False), pod("b", ending=True)], None),
        ([], None),
    ],
)
def test_a_pod_that_is_not_ready_will_do(
    pods: list[dict[str, Any]], chosen: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pods").write_text(json.dumps({"items": pods}))
    kubectl = tmp_path / "kubectl"
    kubectl.write_text(f"#!/bin/sh\ncat {tmp_path}/pods\n")
    kubectl.chmod(0o700)
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    way = reach._Kubernetes("agno-ha-test", None)
    if chosen is None:
        with pytest.raises(OperationError, match="No pod of web runs in namespace agno-ha-test"):
            way.inside("web", "true")
    else:
        assert way.inside("web", "true")[3:] == ["exec", "-i", chosen, "--container", "web", "--", "true"]
