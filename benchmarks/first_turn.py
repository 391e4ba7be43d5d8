"""`agno-ha up` on a prepared machine to the first answered turn, against `docker stack deploy` of a stack by hand.

Each round begins with nothing but the images: no network, secret, volume or state. The clock starts with the command
and stops when a POST run is answered; it is sent as soon as the user has the address and the key.
"""

import argparse
import os
import secrets
import subprocess
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import docker
import httpx
from agno_ha.operations import quickstart, swarm, swarm_removal
from agno_ha.targets.docker import images
from common import VENV, alternate, earlier, ratio, save, scratch, spread, table
from harness.deployment import Deployment
from harness.ports import free_port

BY_HAND = Path(__file__).parent / "by_hand"
PEER, WITHOUT, WITH = "by hand", "agno-ha up, without the CLI", "agno-ha up, with the CLI"
STACK = "bench-first"
NAMESPACE = f"agno-ha-{STACK}"


def until_answered(port: int, key: str) -> None:
    """Send a turn until one is answered."""
    form = {
        name: (None, value) for name, value in {"message": "hi", "session_id": "s", "stream": "false"}.items()
    }
    headers = {"Authorization": f"Bearer {key}"}
    deadline = time.monotonic() + 300
    with httpx.Client(base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60) as client:
        while time.monotonic() < deadline:
            try:
                answer = client.post("/agents/assistant/runs", files=form)
                if answer.status_code == 200 and answer.json()["status"] == "COMPLETED":
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.25)
    raise SystemExit("No turn was answered within 300 s")


def by_hand(engine: docker.DockerClient, found: images.Images) -> float:
    """One round of the peer; the secrets are made inside the clock, as `agno-ha up` makes its own."""
    port = free_port()
    given = {
        **os.environ, "STACK": NAMESPACE, "HTTP_PORT": str(port), "APP_IMAGE": found.app, "NGINX_IMAGE": found.nginx,
        "POSTGRES_IMAGE": str(found.postgres), "REDIS_IMAGE": str(found.redis),
    }  # fmt: skip
    try:
        start = time.monotonic()
        values = {name: secrets.token_urlsafe(24) for name in
                  ("postgres_password", "redis_password", "security_key", "service_token")}  # fmt: skip
        for name, value in values.items():
            engine.secrets.create(name=f"{NAMESPACE}_{name}", data=value.encode(),
                                  labels={"com.docker.stack.namespace": NAMESPACE})  # fmt: skip
        subprocess.run(
            ["docker", "stack", "deploy", "--resolve-image", "never", "-c", "stack.yaml", NAMESPACE],
            cwd=BY_HAND, env=given, check=True, capture_output=True,
        )  # fmt: skip
        until_answered(port, values["security_key"])
        return time.monotonic() - start
    finally:
        swarm_removal.remove(engine, NAMESPACE, data=True, progress=lambda _: None)


def ours(directory: Path, way: str, log: list[list[Any]]) -> float:
    """One round of `agno-ha up` in a directory of its own; `log` gets its lines with their seconds."""
    deployment = Deployment(directory, STACK, way)
    workspace = deployment.workspace
    # What keeps a stack on its way: a stack that was brought up without the CLI stays so, even where there is one.
    workspace.keep(workspace.private / "deployed-by", way)
    environment = {**os.environ, "COLUMNS": "200", "PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION": "true"}
    try:
        start = time.monotonic()
        process = subprocess.Popen(
            [str(VENV / "bin" / "agno-ha"), "up", "--stack", STACK],
            cwd=directory, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        )  # fmt: skip
        for line in process.stdout or ():
            log.append([round(time.monotonic() - start, 2), line.rstrip().removeprefix("· ")])
        if process.wait():
            raise SystemExit("\n".join(line for _, line in log))
        log.append([round(time.monotonic() - start, 2), "agno-ha up has ended"])
        until_answered(deployment.port, workspace.security_key_file.read_text().strip())
        return time.monotonic() - start
    finally:
        # All of it without the CLI too: the state goes with the directory.
        swarm_removal.remove(deployment.engine, NAMESPACE, data=True, progress=lambda _: None)


def show(result: dict[str, Any]) -> str:
    """Return the table."""
    seconds = result["seconds"]
    rows = [
        [name, spread(seconds[name], 1), f"{ratio(seconds, name, PEER):.2f}", len(seconds[name])]
        for name in (PEER, WITHOUT, WITH)
    ]
    return table(["nothing → first answered turn", "seconds", "to by hand", "rounds"], rows)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--add", action="store_true", help="add rounds to the earlier result")
    arguments = parser.parse_args()
    before = earlier("first_turn", wanted=arguments.add)
    seconds = before.get("seconds", {})
    lines: dict[str, list[list[Any]]] = {}
    result = {"seconds": seconds, "lastRound": lines}
    with swarm.engine() as engine, scratch() as directory:
        wanted = quickstart.prepare(Deployment(directory / "prepared", STACK).workspace, print, print)
        found = images.resolve(wanted.topology, wanted.settings, print)
        rounds = iter(range(1000))

        def round_of(name: str, way: str) -> Callable[[], float]:
            def measure() -> float:
                lines[name] = []
                return ours(directory / str(next(rounds)), way, lines[name])

            return measure

        ways = {
            PEER: lambda: by_hand(engine, found),
            WITHOUT: round_of(WITHOUT, "docker"),
            WITH: round_of(WITH, "pulumi"),
        }

        def keep() -> None:
            if images.resolve(wanted.topology, wanted.settings, print) != found:
                raise SystemExit("The images' sources changed meanwhile: a build is among these numbers")
            save("first_turn", result)

        alternate(ways, arguments.rounds, seconds, keep)
    print(show(save("first_turn", result)))


if __name__ == "__main__":
    main()
