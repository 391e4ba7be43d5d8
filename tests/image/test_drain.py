"""The end of an instance: `docker stop` behind nginx loses nothing, a dead child ends the container."""

import os
import shutil
import signal
import subprocess
import threading
import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
import servers
from conftest import Start

AUTH = {"Authorization": f"Bearer {servers.KEY}".encode()}
NGINX = """
daemon off; pid {directory}/nginx.pid; error_log {directory}/error.log info; worker_processes 1;
events {{ worker_connections 512; }}
http {{
  access_log off;
  client_body_temp_path {directory}/body; proxy_temp_path {directory}/proxy; fastcgi_temp_path {directory}/f;
  uwsgi_temp_path {directory}/u; scgi_temp_path {directory}/s;
  upstream app {{ {members} }}
  server {{
    listen 127.0.0.1:{port};
    location / {{
      proxy_pass http://app; proxy_buffering off; proxy_read_timeout 60s; proxy_connect_timeout 1s;
      proxy_next_upstream error timeout; proxy_next_upstream_tries 3;
    }}
  }}
}}
"""


@pytest.fixture
def behind_nginx(start: Start, tmp_path: Path) -> Iterator[tuple[str, list[servers.Instance]]]:
    """Two instances behind a real nginx, which repeats only what was not sent."""
    program = shutil.which("nginx", path=f"{os.environ['PATH']}:/usr/sbin")
    if program is None:
        pytest.skip("tests/image: no nginx on this machine: apt-get install nginx-light")
    instances = [start(DRAIN_DELAY="2"), start(DRAIN_DELAY="2")]
    port = servers.free_port()
    members = " ".join(f"server 127.0.0.1:{i.port} max_fails=0;" for i in instances)
    configuration = tmp_path / "nginx.conf"
    configuration.write_text(NGINX.format(directory=tmp_path, members=members, port=port))
    for instance in instances:
        instance.ready()
    process = subprocess.Popen([program, "-c", str(configuration), "-e", str(tmp_path / "error.log")])
    url = f"http://127.0.0.1:{port}"
    servers.until(lambda: _answers(url), 10, "nginx answers")
    yield url, instances
    process.terminate()
    process.wait(10)


def _answers(url: str) -> bool:
    try:
        return httpx.get(f"{url}/health", timeout=2).status_code == 200
    except httpx.TransportError:
        return False


def test_docker_stop_loses_no_post(behind_nginx: tuple[str, list[servers.Instance]]) -> None:
    url, (leaving, staying) = behind_nginx
    outcomes: list[tuple[float, int | str, str]] = []
    finished = threading.Event()

    def client(name: int) -> None:
        number = 0
        while not finished.is_set():
            number += 1
            try:
                response = servers.run(url, f"post {name}-{number}", session=f"drain-{name}")
                outcomes.append((time.monotonic(), response.status_code, response.headers["x-agno-instance"]))
            except httpx.HTTPError as error:
                outcomes.append((time.monotonic(), type(error).__name__, ""))

    streamed: list[str] = []

    def stream() -> None:
        data = {"message": "slowly 6", "session_id": "long"}
        with httpx.stream(
            "POST", f"{leaving.url}/agents/assistant/runs", data=data, headers=AUTH, timeout=60
        ) as answer:
            streamed.extend(line for line in answer.iter_lines() if line.startswith("event: "))

    threads = [threading.Thread(target=client, args=(name,)) for name in range(6)]
    threads.append(threading.Thread(target=stream))
    for thread in threads:
        thread.start()
    time.sleep(3)
    leaving.process.send_signal(signal.SIGTERM)
    told = time.monotonic()
    time.sleep(0.5)
    answer = httpx.get(f"{leaving.url}/ready", timeout=5)
    assert (answer.status_code, answer.json()["problems"]) == (503, {"instance": "draining"})
    assert httpx.get(f"{leaving.url}/health", timeout=5).status_code == 200
    code = leaving.process.wait(60)
    gone = time.monotonic()
    time.sleep(3)
    finished.set()
    for thread in threads:
        thread.join(60)
    assert code == 0
    assert gone - told > 2.5
    statuses = Counter(status for _, status, _ in outcomes)
    assert set(statuses) == {200}, statuses
    assert any(instance == leaving.name and at > told + 1 for at, _, instance in outcomes)
    assert {instance for at, _, instance in outcomes if at > gone} == {staying.name}
    assert streamed[-1] == "event: RunCompleted"
    assert [event["message"] for event in leaving.events() if event["logger"] == "launcher"] == [
        "draining",
        "drained",
    ]


def test_a_dead_child_ends_the_container_with_a_reason(start: Start) -> None:
    first, second = start().ready(), start().ready()
    os.kill(first.children()["demo_model"], signal.SIGKILL)
    assert first.process.wait(30) == 137
    assert "demo-model ended unexpectedly (signal SIGKILL): stopping the container" in first.log.read_text()
    os.kill(second.children()["server"], signal.SIGKILL)
    assert second.process.wait(30) == 137
    assert "server ended unexpectedly (signal SIGKILL)" in second.log.read_text()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_agents_that_cannot_be_loaded_end_the_container(start: Start, tmp_path: Path, workers: str) -> None:
    (tmp_path / "broken.py").write_text("1 / 0\n")
    absent = start(AGNO_AGENTS="nowhere:agents", WORKERS=workers)
    broken = start(AGNO_AGENTS="broken:agents", PYTHONPATH=str(tmp_path), WORKERS=workers)
    assert (absent.process.wait(150), broken.process.wait(150)) == (3, 3)
    assert "AGNO_AGENTS = nowhere:agents: no module nowhere" in absent.log.read_text()
    assert "Traceback" not in absent.log.read_text() + absent.errors.read_text()
    assert "ZeroDivisionError" in broken.log.read_text()  # the user's own traceback helps the user


def test_sigterm_while_waiting_for_postgres_ends_at_once(start: Start) -> None:
    instance = start(POSTGRES_PORT=str(servers.free_port()))
    servers.until(lambda: "trying again" in instance.log.read_text(), 30, "it waits for Postgres")
    instance.process.terminate()
    assert instance.process.wait(10) == 143
