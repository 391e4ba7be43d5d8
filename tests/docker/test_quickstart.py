"""`make up` as a new user types it: a clean clone, no Pulumi CLI, and after the setup no route out."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import docker
import pytest
import yaml
from agno_ha.operations import swarm, swarm_removal
from agno_ha.targets.docker.swarm_names import NAMESPACE_LABEL
from harness.deployment import ROOT
from harness.leaks import Scan
from harness.ports import free_port

STACK = "t-quick"  # not dev: a person's own stack may run on this machine
NOWHERE = "http://127.0.0.1:9"  # the discard port: a proxy that nobody is


@dataclass(frozen=True)
class Clone:
    """A clone, and a shell of its own for every command in it."""

    root: Path
    home: Path
    tools: Path

    def run(
        self, *command: str, offline: bool = True, typed: str | None = None, check: bool = True
    ) -> subprocess.CompletedProcess[str]:
        kept = {
            name: value
            for name, value in os.environ.items()
            if name.startswith("PIP_") or "proxy" in name.lower()
        }
        cache = os.environ.get("UV_CACHE_DIR", Path.home() / ".cache" / "uv")
        environment = {
            "HOME": str(self.home),
            "PATH": f"{self.tools}:/usr/sbin:/usr/bin:/sbin:/bin",
            **kept,
            "UV_CACHE_DIR": str(
                cache
            ),  # the packages are the same ones; their download is not what is tested
        }
        if offline:
            environment |= {"HTTPS_PROXY": NOWHERE, "HTTP_PROXY": NOWHERE, "https_proxy": NOWHERE,
                            "http_proxy": NOWHERE, "NO_PROXY": "localhost,127.0.0.1"}  # fmt: skip
        done = subprocess.run(
            command, cwd=self.root, env=environment, input=typed, text=True, check=False, timeout=400,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip
        print(done.stdout, flush=True)
        assert not check or done.returncode == 0, done.stdout[-3000:]
        return done

    def make(self, target: str, **options: object) -> subprocess.CompletedProcess[str]:
        return self.run("make", target, f"STACK={STACK}", **options)  # type: ignore[arg-type]

    @property
    def private(self) -> Path:
        return self.root / ".agno-ha" / STACK


@pytest.fixture
def clone(tmp_path: Path) -> Iterator[Clone]:
    made = Clone(tmp_path / "clone", tmp_path / "home", tmp_path / "bin")
    made.home.mkdir()
    made.tools.mkdir()
    (made.tools / "python3").symlink_to(sys._base_executable)  # type: ignore[attr-defined]
    for name in ("docker", "git", "make"):
        (made.tools / name).symlink_to(str(shutil.which(name)))
    assert shutil.which("pulumi", path=f"{made.tools}:/usr/sbin:/usr/bin:/sbin:/bin") is None
    subprocess.run(["git", "clone", "--quiet", ROOT, made.root], check=True)
    stack = yaml.safe_load((made.root / "Pulumi.dev.yaml").read_text())
    stack["config"]["agno-ha:topology"]["loadBalancer"]["httpPort"] = free_port()
    (made.root / f"Pulumi.{STACK}.yaml").write_text(yaml.safe_dump(stack))
    try:
        yield made
    finally:
        with swarm.engine() as engine:
            swarm_removal.remove(engine, f"agno-ha-{STACK}", data=True, progress=print)


def containers(engine: docker.DockerClient) -> set[str]:
    wanted = {"label": f"{NAMESPACE_LABEL}=agno-ha-{STACK}"}
    return {container.id for container in engine.containers.list(filters=wanted)}


def objects(engine: docker.DockerClient) -> dict[str, int]:
    wanted = {"label": f"{NAMESPACE_LABEL}=agno-ha-{STACK}"}
    kinds = {
        "services": engine.services, "networks": engine.networks, "secrets": engine.secrets,
        "configs": engine.configs, "volumes": engine.volumes,
    }  # fmt: skip
    return {name: len(kind.list(filters=wanted)) for name, kind in kinds.items()}


def printed_curl(output: str) -> str:
    """The line under `Talk`, with its continuation, as a person copies it."""
    lines = output[output.index("curl ") :].splitlines()
    last = next(number for number, line in enumerate(lines) if not line.endswith("\\"))
    return "\n".join(lines[: last + 1])


@pytest.fixture
def engine() -> Iterator[docker.DockerClient]:
    with swarm.engine() as client:
        yield client


def test_up_up_down_up_from_a_new_shell_then_everything_deleted(
    clone: Clone, engine: docker.DockerClient
) -> None:
    clone.make("setup", offline=False)
    first = clone.make("up").stdout
    assert "without the Pulumi CLI" in first
    command = printed_curl(first)
    answer = json.loads(clone.run("sh", "-c", f"{command} -s").stdout)
    assert answer["status"] == "COMPLETED"
    assert "I see 1 turns" in answer["content"]

    # A second time: an update without a change.
    running = containers(engine)
    services = {service.id: service.attrs["Version"] for service in engine.services.list()}
    again = clone.make("up").stdout
    assert containers(engine) == running
    assert printed_curl(again) == command
    assert "I see 2 turns" in json.loads(clone.run("sh", "-c", f"{command} -s").stdout)["content"]
    assert services.keys() == {service.id for service in engine.services.list()}

    # From another checkout, which has none of its passwords.
    other = Clone(clone.root.with_name("other"), clone.home, clone.tools)
    shutil.copytree(clone.root, other.root, ignore=shutil.ignore_patterns(".agno-ha", ".git", ".venv"))
    for verb in ("up", "down"):
        agno_ha = str(clone.root / ".venv" / "bin" / "agno-ha")
        told = other.run(agno_ha, verb, "--stack", STACK, check=False)
        assert told.returncode == 2
        assert f"here is no .agno-ha/{STACK}/secrets.json" in " ".join(told.stdout.split())
    assert containers(engine) == running

    files = [clone.private.parent, *clone.private.parent.rglob("*")]
    modes = {str(path.relative_to(clone.root)): oct(path.stat().st_mode & 0o777) for path in files}
    wrong = {
        path: mode
        for path, mode in modes.items()
        if mode != ("0o700" if (clone.root / path).is_dir() else "0o600")
    }
    assert not wrong

    secrets = json.loads((clone.private / "secrets.json").read_text())
    assert (clone.private / "security-key").read_text() == secrets["agno-security-key"]
    with Scan(secrets) as scan:
        scan.stack(engine, f"agno-ha-{STACK}")
        scan.processes(engine, f"agno-ha-{STACK}")
        scan.directory(clone.private.parent, besides=("secrets.json", "security-key"))
        scan.text("output", "make up", first + again)
        clone.run(".venv/bin/agno-ha", "render", "--stack", STACK, "--out", str(clone.home / "rendered"))
        scan.directory(clone.home / "rendered")

    clone.make("down")
    assert objects(engine) == {"services": 0, "networks": 0, "secrets": 0, "configs": 0, "volumes": 2}
    assert json.loads((clone.private / "secrets.json").read_text()) == secrets
    clone.make("down")  # nothing is left to do, and that is no error

    clone.make("up")
    assert not containers(engine) & running
    assert "I see 3 turns" in json.loads(clone.run("sh", "-c", f"{command} -s").stdout)["content"]

    refused = clone.make("down-data", typed="yes\n", check=False)
    assert refused.returncode
    assert "Nothing was deleted" in refused.stdout
    assert objects(engine)["volumes"] == 2
    assert containers(engine)
    clone.make("down-data", typed=f"{STACK}\n")
    assert set(objects(engine).values()) == {0}
    assert not clone.private.exists() or not list(clone.private.iterdir())
    assert (clone.root / f"Pulumi.{STACK}.yaml").exists()
