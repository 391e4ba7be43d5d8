"""The JSON API: one life, idempotency, refusals, events that go on where they stopped, configuration."""

import json

import httpx2
import pytest
from agno_ha.operations.model import Diagnostic, Kind, Progress, State
from agno_ha_portal.app import create
from agno_ha_portal.roles import Role
from agno_ha_portal.settings import Settings

from .conftest import Listening, Portal, look, make

OPERATIONS = "/api/v1/stacks/dev/operations"


def test_a_life(portal: Portal) -> None:
    api = portal.api()
    begun = api.post(OPERATIONS, json={"kind": "preview"})
    assert begun.status_code == 202
    preview = begun.json()["id"]
    assert begun.headers["location"] == f"/api/v1/operations/{preview}"
    assert api.get(begun.headers["location"]).json()["state"] == "succeeded"
    refused = api.post(OPERATIONS, json={"kind": "up", "of": preview})
    assert refused.headers["content-type"] == "application/problem+json"
    assert (refused.status_code, refused.json()["code"]) == (409, "not_approved")
    assert api.post(f"/api/v1/operations/{preview}/approve").json()["approver"] == "approver-1"
    up = api.post(OPERATIONS, json={"kind": "up", "of": preview}).json()["id"]
    assert api.get("/api/v1/stacks/dev/outputs").json()["securityKey"] == "[secret]"
    assert api.get("/api/v1/stacks/dev").json()["last"]["id"] == up
    page = api.get("/api/v1/operations", params={"limit": 1}).json()
    assert [page["items"][0]["id"], page["next"]] == [up, up]
    page = api.get("/api/v1/operations", params={"limit": 1, "before": up}).json()
    assert page["items"][0]["id"] == preview


def test_the_same_key_is_the_same_operation(portal: Portal) -> None:
    api, headers = portal.api(), {"Idempotency-Key": "deploy-42"}
    first, second = (api.post(OPERATIONS, json={"kind": "drift"}, headers=headers) for _ in range(2))
    assert first.json()["id"] == second.json()["id"]
    other = api.post(OPERATIONS, json={"kind": "preview"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "key_reused")


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "code"),
    [
        ("POST", "/api/v1/stacks/other/operations", {"kind": "preview"}, 404, "unknown_stack"),
        ("POST", OPERATIONS, {"kind": "explode"}, 422, "invalid"),
        ("POST", OPERATIONS, {"kind": "up", "of": "none"}, 422, "not_a_preview"),
        ("POST", OPERATIONS, {"kind": "destroy"}, 422, "confirmation"),
        ("GET", "/api/v1/operations/none", None, 404, "unknown_operation"),
        ("GET", "/api/v1/operations?before=none", None, 404, "unknown_operation"),
        ("GET", "/api/v1/nothing", None, 404, "not_found"),
        ("DELETE", "/api/v1/stacks", None, 405, "method_not_allowed"),
    ],
)
def test_refusals(portal: Portal, method: str, path: str, body: object, status: int, code: str) -> None:
    answer = portal.api().request(method, path, json=body)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["content-type"] == "application/problem+json"


def test_a_busy_stack(portal: Portal) -> None:
    portal.operations.held = True
    api = portal.api(Role.OPERATOR)
    first = api.post(OPERATIONS, json={"kind": "drift"}).json()["id"]
    assert api.post(OPERATIONS, json={"kind": "preview"}).json()["code"] == "busy"
    assert api.post(f"/api/v1/operations/{first}/cancel").json()["state"] == "cancelled"


def test_four_eyes(root) -> None:
    portal = make(root, four_eyes=True)
    preview = portal.api().post(OPERATIONS, json={"kind": "preview"}).json()["id"]
    own = portal.api().post(f"/api/v1/operations/{preview}/approve")
    assert (own.status_code, own.json()["code"]) == (403, "four_eyes")
    preview = portal.api(Role.OPERATOR).post(OPERATIONS, json={"kind": "preview"}).json()["id"]
    assert portal.api().post(f"/api/v1/operations/{preview}/approve").status_code == 200


def test_an_unexpected_error_tells_nothing(portal: Portal, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(portal.operations, "history", lambda *_, **__: 1 / 0)
    answer = portal.api().get("/api/v1/operations")
    assert (answer.status_code, answer.json()["code"]) == (500, "internal")
    assert "division" not in answer.text


# ---------------------------------------------------------------------------------------------------------------


def _read(response, limit: int = 10**9) -> list[tuple[str, str, str]]:
    """Events of a stream as (id, event, data), until it ends or there are enough."""
    found, fields = [], {}
    for line in response.iter_lines():
        if line:
            name, _, value = line.partition(": ")
            fields[name] = value
        elif "data" in fields:
            found.append((fields.get("id", ""), fields["event"], fields["data"]))
            fields = {}
            if len(found) == limit:
                break
    return found


def test_events_go_on_after_the_last_one_seen(portal: Portal) -> None:
    api = portal.api()
    path = api.post(OPERATIONS, json={"kind": "preview"}).headers["location"] + "/events"
    everything = api.get(path).json()
    stream = {"Accept": "text/event-stream"}
    with api.stream("GET", path, headers=stream) as response:
        seen = _read(response)
    assert [each[0] for each in seen] == [*(str(event["sequence"]) for event in everything), ""]
    assert [json.loads(each[2]) for each in seen[:-1]] == everything
    assert seen[-1][1] == "end"
    assert json.loads(seen[-1][2])["state"] == "succeeded"
    with api.stream("GET", path, headers={**stream, "Last-Event-ID": "3"}) as response:
        assert _read(response) == seen[3:]
    assert api.get(path, params={"after": 3}).json() == everything[3:]
    assert api.get(path, headers={"Last-Event-ID": "3"}).json() == everything[3:]


@pytest.fixture
def served(portal: Portal):
    """The portal behind a real server, where a stream arrives as it happens."""
    server = Listening(portal)
    with httpx2.Client(base_url=server.url, headers=portal.api().headers, timeout=60) as real:
        yield real
    server.stop()


def test_events_arrive_as_they_happen_and_none_is_lost(portal: Portal, served) -> None:
    portal.operations.held = True
    portal.operations.scripts[Kind.DRIFT] = ([Progress(message="one")], State.SUCCEEDED)
    made = portal.operations.start("dev", Kind.DRIFT, requester="test")
    stream = {"Accept": "text/event-stream"}
    path = f"/api/v1/operations/{made.id}/events"
    with served.stream("GET", path, headers=stream) as response:
        assert [each[0] for each in _read(response, 1)] == ["1"]
    portal.operations.add(made.id, Progress(message="two"))
    portal.operations.add(made.id, Diagnostic(severity="error", message="line 1\nline 2"))
    with served.stream("GET", path, headers={**stream, "Last-Event-ID": "1"}) as response:
        lines = response.iter_lines()
        got = [line for _, line in zip(range(8), lines, strict=False)]
        assert [line for line in got if line.startswith("id")] == ["id: 2", "id: 3"]
        portal.operations.finish(made.id)
        assert any(line == "event: end" for line in lines)


# ---------------------------------------------------------------------------------------------------------------


def test_configuration(portal: Portal) -> None:
    api, path = portal.api(Role.OPERATOR), "/api/v1/stacks/prod/configuration"
    before = api.get(path)
    text = (portal.root / "Pulumi.prod.yaml").read_text()
    tag = {"If-Match": before.headers["etag"]}
    assert before.json()["values"]["topology"]["scaling"]["max"] == 9
    wrong = api.patch(path, json={"topology": {"scaling": {"max": 500}}, "environment": "test"}, headers=tag)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "configuration")
    assert {each["path"] for each in wrong.json()["errors"]} >= {
        "agno-ha:environment",
        "topology.scaling.max",
    }
    assert (portal.root / "Pulumi.prod.yaml").read_text() == text
    done = api.patch(path, json={"topology": {"scaling": {"max": 8, "requestsPerSecond": None}}}, headers=tag)
    assert done.status_code == 200
    after = (portal.root / "Pulumi.prod.yaml").read_text()
    lines = zip(text.splitlines(), after.splitlines(), strict=False)
    changed = [(old, new) for old, new in lines if old != new]
    assert changed[0] == ("      max: 9", "      max: 8")
    assert "# the least that Fargate has with one core" in after
    again = api.patch(path, json={"environment": "staging"}, headers=tag)
    assert (again.status_code, again.json()["code"]) == (409, "stale")
    assert api.patch(path, json={"other": 1}, headers=tag).json()["errors"][0]["path"] == "body.other"
    assert api.patch(path, json={"environment": "dev"}).status_code == 422
    entries = [entry for entry in portal.audited if entry["action"] == "configure"]
    assert [entry["outcome"] for entry in entries] == ["refused", "done", "refused"]
    assert "topology.scaling.max" in entries[1]["changed"]


def test_settings_of_the_environment(root, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AGNO_HA_PORTAL_FOUR_EYES", "true")
    monkeypatch.setenv("AGNO_HA_PORTAL_PROXIES", "10.0.0.1, 10.1.0.0/16")
    monkeypatch.setenv("AGNO_HA_PORTAL_TOKENS", str(root / "elsewhere.json"))
    settings = Settings(root=root)
    assert settings.four_eyes
    assert settings.trusts("10.1.2.3")
    assert not settings.trusts("10.0.0.2")
    create(settings, make(root).operations, look).state.access.tokens.add("ana", Role.VIEWER)
    assert "sha256" in (root / "elsewhere.json").read_text()
    assert (root / "elsewhere.json").stat().st_mode & 0o777 == 0o600
