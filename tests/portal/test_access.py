"""Every route, enumerated: refused without a role, and with one that is too low; other sites' and proxies' requests."""

import re

import pytest
from agno_ha_portal.roles import Role
from agno_ha_portal.settings import Settings
from fastapi.testclient import TestClient
from httpx2 import Response
from pydantic import ValidationError
from starlette.routing import Route

from .conftest import Portal, make

OPEN = {"/sign-in", "/sign-out", "/health"}
"""Without a role: how one signs in and out, and whether the portal runs."""

NEEDS = {
    ("GET", "/api/v1/stacks/{stack}/configuration"): Role.OPERATOR,
    ("PATCH", "/api/v1/stacks/{stack}/configuration"): Role.OPERATOR,
    ("POST", "/api/v1/stacks/{stack}/operations"): Role.OPERATOR,
    ("POST", "/api/v1/operations/{operation}/cancel"): Role.OPERATOR,
    ("POST", "/api/v1/operations/{operation}/approve"): Role.APPROVER,
    ("GET", "/api/v1/audit"): Role.APPROVER,
    ("POST", "/stacks/{stack}/operations"): Role.OPERATOR,
    ("GET", "/stacks/{stack}/configuration"): Role.OPERATOR,
    ("POST", "/stacks/{stack}/configuration"): Role.OPERATOR,
    ("POST", "/operations/{operation}/cancel"): Role.OPERATOR,
    ("POST", "/operations/{operation}/approve"): Role.APPROVER,
    ("GET", "/audit"): Role.APPROVER,
}
"""What needs more than to be a viewer."""


def routes(portal: Portal) -> list[tuple[str, str]]:
    """Every method and path that the app answers, and all of the OpenAPI document."""
    found = {(method, route.path) for route in _all(portal.app.routes) for method in route.methods - {"HEAD"}}
    documented = {
        (method.upper(), path)
        for path, methods in portal.app.openapi()["paths"].items()
        for method in methods
    }
    assert documented <= found
    assert len(found) > 25
    return sorted(each for each in found if each[1] not in OPEN)


def _all(routes: list) -> list[Route]:
    found = []
    for route in routes:
        if isinstance(route, Route):
            found.append(route)
        elif inner := getattr(getattr(route, "original_router", None), "routes", None):
            found += _all(inner)
    return found


def ask(client: TestClient, method: str, path: str, operation: str) -> Response:
    path = re.sub(r"\{operation\}", operation, re.sub(r"\{stack\}", "dev", path))
    json = {"kind": "drift"} if path.endswith("/operations") and method == "POST" else {}
    return client.request(method, path, json=json if method in ("POST", "PATCH") else None)


def test_every_route_refuses_who_is_unknown(portal: Portal) -> None:
    preview = portal.api().post("/api/v1/stacks/dev/operations", json={"kind": "preview"}).json()["id"]
    wrong = portal.api(None)
    wrong.headers["Authorization"] = "Bearer agnoha_wrong"
    session = portal.browser(None)
    session.client.cookies.set("agno_ha_session", "forged")
    for method, path in routes(portal):
        for client in (portal.api(None), wrong, session.client):
            answer = ask(client, method, path, preview)
            to_sign_in = answer.status_code == 303 and answer.headers["location"].startswith("/sign-in?")
            assert answer.status_code == 401 or to_sign_in, (method, path)
            assert "dev" not in answer.text, (method, path)


@pytest.mark.parametrize("body", [b"\x00", b"\xff", b"[]"])
def test_who_is_unknown_is_not_told_what_is_wrong_with_a_body(portal: Portal, body: bytes) -> None:
    for method, path in routes(portal):
        if path.startswith("/api/") and method in ("POST", "PATCH"):
            more = {"content": body, "headers": {"Content-Type": "application/json"}}
            assert portal.api(None).request(method, path, **more).status_code == 401, (method, path)


def test_every_route_refuses_a_role_that_is_too_low(portal: Portal) -> None:
    preview = portal.api().post("/api/v1/stacks/dev/operations", json={"kind": "preview"}).json()["id"]
    known = set(routes(portal))
    assert set(NEEDS) <= known
    below = {Role.OPERATOR: Role.VIEWER, Role.APPROVER: Role.OPERATOR}
    for (method, path), needed in NEEDS.items():
        client = (
            portal.api(below[needed]) if path.startswith("/api/") else portal.browser(below[needed]).client
        )
        assert ask(client, method, path, preview).status_code == 403, (method, path)
    assert portal.operations.get(preview).approver is None
    for method, path in known - set(NEEDS):
        assert method == "GET", f"{method} {path} changes something, and is not in NEEDS"
    refused = [entry for entry in portal.audited if entry["outcome"] == "refused"]
    assert len(refused) == len(NEEDS)


@pytest.mark.parametrize("kind", ["down", "destroy"])
def test_only_an_approver_takes_down(portal: Portal, kind: str) -> None:
    asked = {"kind": kind, "confirm": "dev"}
    answer = portal.api(Role.OPERATOR).post("/api/v1/stacks/dev/operations", json=asked)
    assert (answer.status_code, answer.json()["code"]) == (403, "role")
    assert not portal.operations.operations
    asked["confirm"] = "prod"
    answer = portal.api().post("/api/v1/stacks/dev/operations", json=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, "confirmation")


def test_a_session_is_no_token_for_the_api(portal: Portal) -> None:
    assert portal.browser().get("/api/v1/stacks").status_code == 401


def test_a_removed_token_is_refused_at_once(portal: Portal) -> None:
    browser, program = portal.browser(), portal.api()
    assert browser.get("/").status_code == program.get("/api/v1/stacks").status_code == 200
    portal.app.state.access.tokens.remove("approver-1")
    assert browser.get("/").status_code == 303
    assert program.get("/api/v1/stacks").status_code == 401


def test_forms_of_others_are_refused(portal: Portal) -> None:
    victim, other = portal.browser(), portal.browser(Role.OPERATOR)
    theirs = next(form.values["form_token"] for form in other.forms("/stacks/dev"))
    for token in ("", "wrong", theirs):
        answer = victim.client.post("/stacks/dev/operations", data={"kind": "preview", "form_token": token})
        assert answer.status_code == 403
        assert victim.client.post("/sign-out", data={"form_token": token}).status_code == 403
    form = victim.forms("/stacks/dev")[1]
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}, {"Origin": "null"}):
        answer = victim.client.post(form.action, data=form.values, headers=headers)
        assert answer.status_code == 403
    assert not portal.operations.operations


def test_headers_and_cookies(portal: Portal) -> None:
    answer = portal.browser(None).get("/sign-in")
    policy = answer.headers["content-security-policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"
    assert re.search(r"HttpOnly; SameSite=Strict$", answer.headers["set-cookie"])
    assert "strict-transport-security" not in answer.headers
    for path in ("/", "/static/portal.js", "/api/v1/stacks", "/nowhere", "/api/v1/nowhere"):
        assert "frame-ancestors 'none'" in portal.api(None).get(path).headers["content-security-policy"]
    browser = portal.browser(None)
    browser.client.base_url = "https://portal.example"
    answer = browser.sign_in(portal.tokens[Role.VIEWER])
    assert answer.headers["strict-transport-security"]
    session = next(
        each for each in answer.headers.get_list("set-cookie") if each.startswith("agno_ha_session")
    )
    assert "HttpOnly" in session
    assert "Secure" in session
    assert "SameSite=lax" in session


def test_wrong_tokens_are_slowed_down(portal: Portal) -> None:
    browser = portal.browser(None)
    assert [browser.sign_in("wrong").status_code for _ in range(6)] == [401] * 5 + [429]
    answer = browser.sign_in(portal.tokens[Role.VIEWER])
    assert (answer.status_code, answer.headers["retry-after"]) == (429, "60")
    assert [entry["code"] for entry in portal.audited[:7]] == ["too_many"] * 2 + ["unknown_token"] * 5


@pytest.mark.parametrize(
    "back", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_signing_in_leads_nowhere_else(portal: Portal, back: str) -> None:
    browser = portal.browser(None)
    answer = browser.send("/sign-in", token=portal.tokens[Role.VIEWER], back=back)
    assert answer.headers["location"] == "/"


PROXY = {
    "single_sign_on": True,
    "proxies": ("10.0.0.0/8",),
    "viewers": ("all",),
    "approvers": ("platform", "lead"),
}


def _through(portal: Portal, peer: str, **headers: str) -> Response:
    client = TestClient(portal.app, client=(peer, 1234), follow_redirects=False)
    return client.get("/", headers={name.replace("_", "-"): value for name, value in headers.items()})


def test_single_sign_on_by_a_proxy(root) -> None:
    portal = make(root, **PROXY)
    person = {"X_Forwarded_User": "ana", "X_Forwarded_Groups": "all, lead"}
    answer = _through(portal, "10.1.2.3", **person)
    assert answer.status_code == 200
    assert 'ana <span class="quiet">approver' in answer.text
    assert _through(portal, "10.1.2.3", **{**person, "X_Forwarded_Groups": "all"}).text.count("viewer")
    assert _through(portal, "10.1.2.3", **{**person, "X_Forwarded_Groups": "others"}).status_code == 403
    assert _through(portal, "10.1.2.3", X_Forwarded_Groups="all").status_code == 303
    # Not from the proxy, even where it says so.
    assert _through(portal, "192.0.2.1", **person).status_code == 303
    assert _through(portal, "192.0.2.1", X_Forwarded_For="10.1.2.3", **person).status_code == 303
    # From the proxy, of a client whose address it tells.
    assert _through(portal, "10.1.2.3", X_Forwarded_For="192.0.2.1", **person).status_code == 200


def test_single_sign_on_is_off_by_default(root) -> None:
    portal = make(root, **{**PROXY, "single_sign_on": False})
    assert _through(portal, "10.1.2.3", X_Forwarded_User="ana", X_Forwarded_Groups="lead").status_code == 303


def test_a_wrong_network_is_told(root) -> None:
    with pytest.raises(ValidationError, match="does not appear to be an IPv4 or IPv6 network"):
        Settings(root=root, proxies=("proxy.example",))
