"""A stack of the test's own on the Docker engine: brought up either way, looked into, taken down."""

import json
import os
import shutil
import subprocess
from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import docker
import yaml
from agno_ha.operations import automation, carrying, stack_deploy, swarm_removal
from agno_ha.operations.model import Kind
from agno_ha.operations.workspace import Workspace
from agno_ha.targets.docker.swarm_names import NAMESPACE_LABEL

from harness.containers import execute
from harness.ports import free_port
from harness.project import ROOT, copy_policies
from harness.service import PSQL, Service, wait_for

__all__ = ["PSQL", "ROOT", "Deployment", "merge", "wait_for"]


class Deployment(Service):
    """One stack in a directory of its own; `way` is `docker` (stack deploy) or `pulumi` (the engine)."""

    def __init__(
        self,
        directory: Path,
        stack: str,
        way: str = "docker",
        topology: Mapping[str, Any] | None = None,
        **config: Any,
    ) -> None:
        self.way = way
        self.port = free_port()
        directory.mkdir(parents=True, exist_ok=True)
        for name in ("__main__.py", "topology.yaml"):
            shutil.copy(ROOT / name, directory)
        copy_policies(directory)
        program = yaml.safe_load((ROOT / "Pulumi.yaml").read_text())
        program["runtime"]["options"]["virtualenv"] = str(ROOT / ".venv")
        (directory / "Pulumi.yaml").write_text(yaml.safe_dump(program))
        self.workspace = Workspace(directory, stack)
        self.engine = docker.from_env()
        self.config = {
            "target": "docker",
            "environment": "dev",
            "docker": {"publishMode": "host"},
            "topology": {"loadBalancer": {"httpPort": self.port}},
            **config,
        }
        self.change(topology or {})

    def change(self, topology: Mapping[str, Any]) -> None:
        """Change some of the stack's topology, leaf by leaf; the next `up` deploys it."""
        merge(self.config["topology"], topology)
        path = self.workspace.root / f"Pulumi.{self.workspace.stack}.yaml"
        kept = yaml.safe_load(path.read_text()) if path.exists() else {}
        kept["config"] = {
            **{key: value for key, value in kept.get("config", {}).items() if "secure" in str(value)},
            **{f"agno-ha:{key}": value for key, value in self.config.items()},
        }
        path.write_text(yaml.safe_dump(kept))

    # Up and down -------------------------------------------------------------------------------------------

    def up(self, *, timeout: float = 300, ready: bool = True) -> Any:
        """Deploy and wait; returns the offline plan where there is one."""
        result = None
        if self.way == "pulumi":
            self.pulumi()
            show = partial(print, flush=True)
            preview = carrying.carry_out(self.workspace, Kind.PREVIEW, show)
            carrying.approve(self.workspace, preview)
            carrying.carry_out(self.workspace, Kind.UP, show, of=preview.id)
            file = self.workspace.security_key_file
            self.key = file.read_text() if file.exists() else None
        else:
            result = stack_deploy.up(self.workspace, self.engine, progress=print, timeout=timeout)
            self.key = result.outputs.get("securityKey")
            self.key = getattr(self.key, "value", self.key)
        if ready:
            self.until_ready()
        return result

    def pulumi(self) -> Any:
        os.environ.setdefault("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true")
        os.environ.setdefault("PULUMI_SKIP_UPDATE_CHECK", "true")
        cli = automation.command(self.workspace, print)
        assert cli is not None
        return automation.select(self.workspace, cli)

    def down(self, *, data: bool = True) -> None:
        if self.way == "pulumi":
            carrying.carry_out(self.workspace, Kind.DESTROY if data else Kind.DOWN, print)
        swarm_removal.remove(self.engine, self.namespace, data=data, progress=print)
        self.engine.close()

    # Talking to it -----------------------------------------------------------------------------------------

    @property
    def namespace(self) -> str:
        return self.workspace.namespace

    @property
    def url(self) -> str:
        tls = self.config["topology"]["loadBalancer"].get("tls", {}).get("mode", "off")
        balancer = self.config["topology"]["loadBalancer"]
        return (
            f"https://127.0.0.1:{balancer['httpsPort']}" if tls != "off" else f"http://127.0.0.1:{self.port}"
        )

    # Looking into it ---------------------------------------------------------------------------------------

    def service(self, room: str) -> Any:
        return self.engine.services.get(f"{self.namespace}_{room}")

    def containers(self, room: str) -> list[Any]:
        """The running containers of a room, oldest first."""
        found = self.engine.containers.list(
            ignore_removed=True,
            filters={
                "label": [
                    f"{NAMESPACE_LABEL}={self.namespace}",
                    f"com.docker.swarm.service.name={self.namespace}_{room}",
                ]
            },
        )
        return sorted(found, key=lambda container: container.attrs["Created"])

    def troubles(self, since: float, most: int = 80) -> str:
        """What nginx, the instances and their tasks say went wrong since a time (`time.time()`); for a failed test."""
        lines = []
        for room in ("nginx", "web"):
            wanted = {"label": f"com.docker.swarm.service.name={self.namespace}_{room}"}
            for container in self.engine.containers.list(all=True, ignore_removed=True, filters=wanted):
                told = container.logs(since=int(since), timestamps=True).decode(errors="replace").splitlines()
                lines += [
                    f"{line[:23]} {room} {container.id[:4]} {line[31:431]}" for line in told if _trouble(line)
                ]
            for task in self.service(room).tasks():
                status = task["Status"]
                reason = f"{status['State']} {status.get('Err', '')}"
                lines.append(f"{status['Timestamp'][:23]} {room} task {task.get('Slot')} {reason}")
        return "\n".join(sorted(lines)[:most])

    def sql(self, query: str, database: str = "agno") -> list[list[str]]:
        """Run a query as the superuser inside the Postgres container."""
        [container] = self.containers("postgres")
        code, output = execute(container, [*PSQL, "-d", database, "-AtF", "\x1f", "-c", query])
        assert code == 0, output.decode()
        return [line.split("\x1f") for line in output.decode().splitlines()]

    def console(self) -> list[str]:
        [container] = self.containers("postgres")
        return ["docker", "exec", "-i", container.id, *PSQL]

    def redis(self, *command: str) -> str:
        [container] = self.containers("redis")
        password = self.secret("redis-password")
        code, output = execute(
            container, ["redis-cli", "--no-auth-warning", *command], {"REDISCLI_AUTH": password}
        )
        assert code == 0, output.decode()
        return output.decode().strip()

    def secret(self, name: str) -> str:
        """A generated secret, by its Pulumi name without the service's prefix."""
        if self.way == "docker":
            return json.loads((self.workspace.private / "secrets.json").read_text())[f"agno-{name}"]
        command = ["pulumi", "stack", "export", "--show-secrets", "--stack", self.workspace.stack]
        environment = {**os.environ, **automation.environment(self.workspace)}
        text = subprocess.run(
            command, cwd=self.workspace.root, env=environment, capture_output=True, text=True, check=True
        )
        [found] = [
            entry["outputs"]["result"]
            for entry in json.loads(text.stdout)["deployment"]["resources"]
            if entry["urn"].endswith(f"randomPassword:RandomPassword::agno-{name}")
        ]
        return json.loads(found["plaintext"]) if isinstance(found, dict) else found

    def replaced(self, room: str) -> set[str]:
        return {container.id for container in self.containers(room)}


def merge(base: dict[str, Any], more: Mapping[str, Any]) -> None:
    for key, value in more.items():
        if isinstance(value, Mapping) and isinstance(base.get(key), dict):
            merge(base[key], value)
        else:
            base[key] = dict(value) if isinstance(value, Mapping) else value


def _trouble(line: str) -> bool:
    _, _, text = line.partition(" ")
    try:
        event = json.loads(text)
    except ValueError:
        return bool(text.strip())
    return (
        event.get("level") not in ("info", None)
        or int(event.get("status") or 0) >= 500
        or "drain" in str(event)
    )
