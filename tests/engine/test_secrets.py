"""No secret in plain text wherever Pulumi writes: every value is looked for, in each form that it may take."""

import base64
import json
import threading
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote, quote_plus

import pytest
from engine.conftest import GIVEN
from harness.deployment import Deployment
from harness.pulumi import Pulumi, touched


def forms(value: str) -> set[bytes]:
    """A value as it may stand in a text: plain, in a URL, in JSON (twice where JSON holds JSON), in base64."""
    escaped = json.dumps(value)[1:-1]
    raw = {
        value,
        quote(value),
        quote(value, safe=""),
        quote_plus(value),
        escaped,
        json.dumps(value, ensure_ascii=False)[1:-1],
        json.dumps(escaped)[1:-1],
        base64.b64encode(value.encode()).decode(),
        base64.urlsafe_b64encode(value.encode()).decode().rstrip("="),
    }
    return {form.encode() for form in raw}


class Scan:
    """The stack's secrets, and where they stand."""

    def __init__(self, pulumi: Pulumi) -> None:
        self.secrets = dict(GIVEN)
        for entry in pulumi.resources("--show-secrets"):
            if entry["type"].endswith(":RandomPassword"):
                value = entry["outputs"]["result"]
                name = entry["urn"].split("::")[-1]
                self.secrets[name] = json.loads(value["plaintext"]) if isinstance(value, dict) else value

    def find(self, text: str | bytes) -> set[str]:
        """Names of the secrets that stand in a text."""
        data = text.encode() if isinstance(text, str) else text
        return {name for name, value in self.secrets.items() if any(form in data for form in forms(value))}


@pytest.fixture(scope="module")
def scan(pulumi: Pulumi) -> Scan:
    made = Scan(pulumi)
    generated = set(made.secrets) - set(GIVEN)
    assert generated == {
        *("agno-postgres-admin-password", "agno-redis-password", "agno-security-key", "agno-service-token")
    }
    # It finds what is there: the control without which an empty finding would mean nothing.
    assert made.find(pulumi.run("stack", "export", "--show-secrets").stdout) >= generated | {"searchKey"}
    return made


class CommandLines:
    """Every command line seen on the machine while it is open."""

    def __enter__(self) -> "CommandLines":
        self.seen: set[bytes] = set()
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.02):
            for path in Path("/proc").glob("[0-9]*/cmdline"):
                try:
                    self.seen.add(path.read_bytes().replace(b"\0", b" "))
                except OSError:
                    continue  # it has ended


@pytest.fixture
def other_password(main: Deployment) -> Iterator[None]:
    """A change that is not deployed: another password, and a limit that a policy refuses."""
    main.change({"postgres": {"password": "otherPassword"}, "scaling": {"max": 11}})
    yield
    main.change({"postgres": {"password": "postgresPassword"}, "scaling": {"max": 5}})


def test_state_and_project_hold_no_secret(main: Deployment, pulumi: Pulumi, scan: Scan) -> None:
    assert scan.find(pulumi.run("stack", "export").stdout) == set()
    assert scan.find(pulumi.run("stack", "output", "--json").stdout) == set()
    key = main.workspace.security_key_file  # left for its owner by `up`, who alone can read it
    assert not key.stat().st_mode & 0o077
    files = [path for path in main.workspace.root.rglob("*") if path.is_file() and path != key]
    assert any("/.pulumi/stacks/" in str(path) for path in files)
    assert any("/.pulumi/history/" in str(path) for path in files)
    found = {str(path): names for path in files if (names := scan.find(path.read_bytes()))}
    assert found == {}


@pytest.mark.usefixtures("other_password")
def test_previews_and_policy_reports_hold_no_secret(main: Deployment, pulumi: Pulumi, scan: Scan) -> None:
    log = main.workspace.root / "events.json"
    written = {
        "json": pulumi.run("preview", "--json"),
        "diff": pulumi.run("preview", "--diff"),
        "policies": pulumi.run(
            "preview", "--policy-pack", "policies", "--event-log", str(log), code=1, PULUMI_DEBUG_COMMANDS="1"
        ),
    }
    assert touched(pulumi.preview())["agno-app-postgres-password (Secret)"] == "replace"
    assert "SCALE-001" in written["policies"].stdout
    assert "SCALE-001" in log.read_text()
    written["check"] = pulumi.agno_ha("check", "--format", "json", code=1)
    found = {name: scan.find(done.stdout + done.stderr) for name, done in written.items()}
    assert found == {name: set() for name in written}
    assert scan.find(log.read_bytes()) == set()


def test_an_update_shows_no_secret_while_it_runs(main: Deployment, pulumi: Pulumi, scan: Scan) -> None:
    log = main.workspace.root / "events-of-up.json"
    main.change({"loadBalancer": {"connectTimeout": "4s"}})  # it stays: no case of settings.py rests on it
    with CommandLines() as lines:
        done = pulumi.run(
            "up",
            "--yes",
            "--diff",
            "--policy-pack",
            "policies",
            "--event-log",
            str(log),
            PULUMI_DEBUG_COMMANDS="1",
        )
    assert any(b"pulumi up" in line for line in lines.seen)
    assert any(b"pulumi-resource-docker" in line for line in lines.seen)
    assert "agno-nginx" in log.read_text()
    assert scan.find(b"\n".join(lines.seen)) == set()
    assert scan.find(done.stdout + done.stderr) == set()
    assert scan.find(log.read_bytes()) == set()
    main.until_ready()
