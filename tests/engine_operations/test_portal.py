"""A stack's life by the portal's JSON API, as `agno-ha portal` serves it; and a portal that is killed meanwhile."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx2
import pytest
from agno_ha.operations.model import State
from agno_ha.targets.docker.images import Images
from agno_ha_portal import add_token
from engine.conftest import labelled, settings
from engine.test_recovery import in_state, live
from harness.deployment import Deployment, wait_for
from harness.ports import free_port

STACK = "t-portal"


class Served:
    """`agno-ha portal` in a process of its own."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.port = free_port()
        self.tokens = {role: add_token(root, f"{role}-1", role) for role in ("operator", "approver")}
        self.start()

    def start(self) -> None:
        command = [
            sys.executable,
            "-c",
            "from agno_ha.cli import main; main()",
            "portal",
            "--port",
            str(self.port),
        ]
        self.process = subprocess.Popen(command, cwd=self.root)
        self.clients = {
            role: httpx2.Client(
                base_url=f"http://127.0.0.1:{self.port}/api/v1",
                headers={"Authorization": f"Bearer {token}"},
                timeout=120,
            )
            for role, token in self.tokens.items()
        }
        wait_for(self._answers, 120, "the portal's first answer")

    def api(self, role: str = "approver") -> httpx2.Client:
        return self.clients[role]

    def end(self, number: signal.Signals) -> int:
        """Signal the process; return how it ended."""
        for client in self.clients.values():
            client.close()
        self.process.send_signal(number)
        return self.process.wait(60)

    def _answers(self) -> bool:
        try:
            return httpx2.get(f"http://127.0.0.1:{self.port}/health").status_code == 200
        except httpx2.TransportError:
            return False


@pytest.fixture(scope="module")
def stack(tmp_path_factory: pytest.TempPathFactory, pinned: Images) -> Iterator[Deployment]:
    os.environ.setdefault("PULUMI_DISABLE_AUTOMATIC_PLUGIN_ACQUISITION", "true")
    app = {"drain": {"delay": "3s"}, "health": {"startPeriod": "60s"}, "image": pinned.app}
    made = Deployment(
        tmp_path_factory.mktemp("portal"), STACK, way="pulumi", docker=settings(pinned),
        topology={"scaling": {"min": 1, "max": 3}, "app": app},
    )  # fmt: skip
    yield made
    made.down()


@pytest.fixture(scope="module")
def portal(stack: Deployment) -> Iterator[Served]:
    served = Served(stack.workspace.root)
    yield served
    assert served.end(signal.SIGTERM) == 0


def begin(portal: Served, kind: str, role: str = "operator", **more: Any) -> str:
    answer = portal.api(role).post(f"/stacks/{STACK}/operations", json={"kind": kind, **more})
    assert answer.status_code == 202, answer.text
    return str(answer.json()["id"])


def followed(portal: Served, operation: str) -> Iterator[str]:
    """The names of an operation's events, as they happen."""
    stream = {"Accept": "text/event-stream"}
    with portal.api().stream(
        "GET", f"/operations/{operation}/events", headers=stream, timeout=1200
    ) as response:
        for line in response.iter_lines():
            if line.startswith(("event: ", "data: ")):
                print(line, flush=True)
                yield line


def ended(portal: Served, operation: str) -> dict[str, Any]:
    assert "event: end" in list(followed(portal, operation))
    found: dict[str, Any] = portal.api().get(f"/operations/{operation}").json()
    return found


def carried_out(portal: Served, kind: str, role: str = "operator", **more: Any) -> str:
    operation = begin(portal, kind, role, **more)
    done = ended(portal, operation)
    assert done["state"] == "succeeded", done["error"]
    return operation


def approved(portal: Served) -> str:
    preview = carried_out(portal, "preview")
    assert portal.api("operator").post(f"/operations/{preview}/approve").status_code == 403
    assert portal.api().post(f"/operations/{preview}/approve").status_code == 200
    return preview


def configure(portal: Served, patch: dict[str, Any]) -> None:
    path, api = f"/stacks/{STACK}/configuration", portal.api("operator")
    answer = api.patch(path, json=patch, headers={"If-Match": api.get(path).headers["etag"]})
    assert answer.status_code == 200, answer.text


def summary(portal: Served) -> dict[str, Any]:
    found: dict[str, Any] = portal.api().get(f"/stacks/{STACK}").json()
    return found


def test_preview_approval_up_and_a_conversation(stack: Deployment, portal: Served) -> None:
    carried_out(portal, "up", of=approved(portal))
    stack.key = stack.workspace.security_key_file.read_text()
    assert stack.run("one", "hello").status_code == 200
    outputs = portal.api().get(f"/stacks/{STACK}/outputs")
    assert outputs.json()["securityKey"] == "[secret]"
    wait_for(lambda: summary(portal)["health"] == "healthy", 120, "the stack to be told healthy")
    assert summary(portal)["instances"]["running"] == 1
    assert "<svg" in portal.api().get(f"/stacks/{STACK}/diagram.svg").text


def test_a_change_of_scale_by_the_configuration(stack: Deployment, portal: Served) -> None:
    configure(portal, {"topology": {"scaling": {"min": 2}}})
    carried_out(portal, "up", of=approved(portal))
    wait_for(lambda: len(stack.containers("web")) == 2, 60, "two instances")  # one replaced may still drain


def test_drift_is_found_and_repaired(stack: Deployment, portal: Served) -> None:
    command = ["docker", "service", "scale", "-d", f"{stack.namespace}_web=1"]
    subprocess.run(command, check=True, capture_output=True)
    drift = carried_out(portal, "drift")
    events = portal.api().get(f"/operations/{drift}/events").json()
    steps = [event["body"] for event in events if event["body"]["type"] == "step"]
    assert [step["resource"] for step in steps if step["op"] != "same"] == ["agno-web (Service)"]
    carried_out(portal, "refresh")
    carried_out(portal, "up", of=approved(portal))
    wait_for(lambda: len(stack.containers("web")) == 2, 60, "two instances")


def test_a_violation_is_refused_before_anything_is_touched(stack: Deployment, portal: Served) -> None:
    before = in_state(stack)
    configure(
        portal, {"topology": {"scaling": {"max": 11}, "postgres": {"pool": {"size": 3, "overflow": 3}}}}
    )
    preview = begin(portal, "preview")
    done = ended(portal, preview)
    assert (done["state"], "SCALE-001" in done["error"]) == ("failed", True)
    assert portal.api().post(f"/operations/{preview}/approve").json()["code"] == "has_violations"
    assert in_state(stack) == before
    configure(
        portal, {"topology": {"scaling": {"max": 3}, "postgres": {"pool": {"size": None, "overflow": None}}}}
    )


def test_a_killed_portal_tells_the_truth_when_it_is_back(stack: Deployment, portal: Served) -> None:
    configure(
        portal, {"topology": {"loadBalancer": {"bodyLimit": "50MiB"}, "app": {"longestSilence": "250s"}}}
    )
    up = begin(portal, "up", of=approved(portal))
    for line in followed(portal, up):
        if '"status":"started"' in line:
            break
    portal.end(signal.SIGKILL)
    portal.start()
    told = portal.api().get(f"/operations/{up}").json()
    assert told["state"] in ("running", "succeeded")  # the up has a process of its own, and goes on
    assert ended(portal, up)["state"] == State.SUCCEEDED
    events = portal.api().get(f"/operations/{up}/events").json()
    assert [event["sequence"] for event in events] == list(range(1, len(events) + 1))
    carried_out(portal, "recover")
    assert live(stack) == in_state(stack)
    assert stack.run("one", "again").status_code == 200


def test_destroy(stack: Deployment, portal: Served) -> None:
    refused = portal.api().post(f"/stacks/{STACK}/operations", json={"kind": "destroy", "confirm": "t-other"})
    assert refused.json()["code"] == "confirmation"
    carried_out(portal, "destroy", role="approver", confirm=STACK)
    assert labelled(stack) == {}
    log = (stack.workspace.root / ".agno-ha" / "portal" / "audit.jsonl").read_text()
    assert '"action":"destroy"' in log
    assert stack.key not in log
