"""The pages without a script: the life of a stack, the configuration's form, forms of others."""

import pytest
from agno_ha.operations.model import Diagnostic, Finding, Held, Kind, State
from agno_ha_portal.roles import Role

from .conftest import Portal


def test_a_life(portal: Portal) -> None:
    browser = portal.browser()
    begun = browser.send("/stacks/dev", "/stacks/dev/operations", kind="preview")
    preview = begun.headers["location"]
    page = browser.get(preview).text
    assert "What changes" in page
    assert "agno-web (Service)" in page
    assert "lb-003-tls" in page
    assert browser.send(preview, f"{preview}/approve").status_code == 303
    up = browser.send(preview, "/stacks/dev/operations", kind="up").headers["location"]
    assert "succeeded" in browser.get(up).text
    page = browser.get("/stacks/dev").text
    assert "http://127.0.0.1:8080" in page
    assert "[secret]" in page
    assert "Carried out" in browser.get(preview).text
    browser.send("/stacks/dev", "/stacks/dev/operations", kind="drift")
    assert "mode.replicated.replicas" in browser.get("/stacks/dev").text
    refused = browser.send("/stacks/dev", "/stacks/dev/operations", kind="destroy", confirm="prod")
    assert refused.status_code == 422
    assert (
        browser.send("/stacks/dev", "/stacks/dev/operations", kind="destroy", confirm="dev").status_code
        == 303
    )
    assert "Nothing is deployed" in browser.get("/stacks/dev").text


@pytest.mark.parametrize("kind", [Kind.UP, *Held])
def test_what_a_command_does_is_shown_and_neither_cancelled_nor_recovered(
    portal: Portal, kind: Kind | Held
) -> None:
    browser, fake = portal.browser(), portal.operations
    fake.held = True
    made = fake.start("dev", Kind.REFRESH, requester="ada")
    fake.operations[made.id] = made.model_copy(update={"kind": kind})
    page = browser.get(f"/operations/{made.id}").text
    assert f"{kind.capitalize()} of dev" in page
    assert ("/cancel" in page) is (kind is Kind.UP)
    assert portal.api().get(f"/api/v1/operations/{made.id}").json()["kind"] == kind
    fake.finish(made.id, State.INTERRUPTED)
    assert ("Recover the stack" in browser.get(f"/operations/{made.id}").text) is (kind is Kind.UP)
    page = browser.get("/stacks/dev").text
    assert ("Recover the stack before anything else" in page) is (kind is Kind.UP)
    assert ("Run the same command again" in page) is (kind is not Kind.UP)


def test_the_form_keeps_what_is_right_and_says_what_is_not(portal: Portal) -> None:
    browser, path = portal.browser(Role.OPERATOR), "/stacks/prod/configuration"
    file = portal.root / "Pulumi.prod.yaml"
    text = file.read_text()
    page = browser.get(path).text
    assert 'name="topology.scaling.max" value="9"' in page
    assert 'name="ecs.region"' in page
    assert "docker.publishMode" not in page
    wrong = browser.send(path, **{"topology.scaling.max": "many", "topology.app.drain.grace": "90s"})
    assert wrong.status_code == 422
    assert "Must be a whole number. Write digits only, without quotes." in wrong.text
    assert 'href="#topology-scaling-max"' in wrong.text
    assert 'value="90s"' in wrong.text
    assert file.read_text() == text
    right = browser.send(path, **{"topology.scaling.max": "8", "topology.scaling.requestsPerSecond": ""})
    assert right.headers["location"] == f"{path}?saved=true"
    expected = text.replace("      max: 9\n      requestsPerSecond: 20\n", "      max: 8\n")
    assert file.read_text() == expected
    assert browser.send(path).status_code == 303  # nothing changed, nothing written
    stale = browser.forms(path)[1]
    file.write_text(file.read_text() + "\n# by hand\n")
    answer = browser.client.post(path, data={**stale.values, "topology.scaling.max": "7"})
    assert answer.status_code == 409
    assert "was changed meanwhile" in answer.text


def test_what_may_hold_a_secret_is_never_shown(portal: Portal) -> None:
    file = portal.root / "Pulumi.dev.yaml"
    secret = "registry.example.com/s3cr3t:1"
    app = f"    app:\n      image: {secret}\n      environment:\n        LEVEL: s3cr3t\n"
    file.write_text(f"{file.read_text()}{app}  agno-ha:openaiKey:\n    secure: v1:s3cr3t\n")
    browser, path = portal.browser(), "/stacks/dev/configuration"
    wrong = browser.send(path, **{"topology.scaling.max": "many"}).text
    for text in (browser.get(path).text, browser.get("/stacks/dev").text, wrong):
        assert "s3cr3t" not in text
    assert browser.send(path, **{"topology.scaling.max": "3"}).status_code == 303
    assert secret in file.read_text()
    assert "secure: v1:s3cr3t" in file.read_text()
    assert browser.send(path, **{"remove:topology.app.image": "on"}).status_code == 303
    assert secret not in file.read_text()
    assert "s3cr3t" not in (portal.root / ".agno-ha" / "portal" / "audit.jsonl").read_text()


def test_a_violation_can_not_be_approved(portal: Portal) -> None:
    finding = Finding(policy="scale-001", level="mandatory", message="scaling.max = 20 is more than 12")
    portal.operations.scripts[Kind.PREVIEW] = ([finding], State.FAILED)
    browser = portal.browser()
    preview = browser.send("/stacks/dev", "/stacks/dev/operations", kind="preview").headers["location"]
    page = browser.get(preview).text
    assert "scaling.max = 20 is more than 12" in page
    assert "Nothing can be deployed" in page
    assert not any(form.action.endswith("/approve") for form in browser.forms(preview))
    assert portal.api().post(f"/api/v1{preview}/approve").json()["code"] == "has_violations"


def test_sent_twice_begins_one_operation(portal: Portal) -> None:
    browser = portal.browser()
    form = next(form for form in browser.forms("/stacks/dev") if form.values.get("kind") == "drift")
    assert (
        len({browser.client.post(form.action, data=form.values).headers["location"] for _ in range(2)}) == 1
    )


def test_text_of_others_is_no_markup(portal: Portal) -> None:
    portal.operations.held = True
    made = portal.operations.start("dev", Kind.DRIFT, requester="<script>1</script>")
    portal.operations.add(made.id, Diagnostic(severity="error", message="<script>alert(1)</script>"))
    portal.operations.finish(made.id, State.FAILED)
    browser = portal.browser(Role.VIEWER)
    for path in (f"/operations/{made.id}", f"/operations/{made.id}/live", "/stacks/dev", "/"):
        text = browser.get(path).text
        assert "<script>" not in text.replace('<script src="/static/portal.js" defer></script>', "")
    assert "&lt;script&gt;alert(1)" in browser.get(f"/operations/{made.id}/live").text


def test_a_glance(portal: Portal) -> None:
    page = portal.browser(Role.VIEWER).get("/").text
    assert "2 running, 2 to 4 asked for" in page
    assert "not well" in page
    assert "health not known" in page
    staging = portal.browser(Role.VIEWER).get("/stacks/staging").text
    assert "web: 1 of 2 ready" in staging
    assert portal.browser(Role.VIEWER).get("/stacks/other").status_code == 404


def test_a_wrong_configuration_is_shown(portal: Portal) -> None:
    (portal.root / "Pulumi.dev.yaml").write_text("config:\n  agno-ha:target: nowhere\n")
    browser = portal.browser(Role.VIEWER)
    assert "Its configuration is wrong" in browser.get("/").text
    assert "must be docker" in browser.get("/stacks/dev").text


def test_the_audit_log_has_what_was_done_and_refused(portal: Portal) -> None:
    browser = portal.browser()
    preview = browser.send("/stacks/dev", "/stacks/dev/operations", kind="preview").headers["location"]
    browser.send(preview, f"{preview}/approve")
    portal.api().post("/api/v1/stacks/dev/operations", json={"kind": "up", "of": "none"})
    entries = [(entry["action"], entry["outcome"], entry.get("code", "")) for entry in portal.audited]
    assert entries[:3] == [
        ("up", "refused", "not_a_preview"),
        ("approve", "done", ""),
        ("preview", "done", ""),
    ]
    assert "not_a_preview" in browser.get("/audit").text
    log = portal.root / ".agno-ha" / "portal" / "audit.jsonl"
    assert log.stat().st_mode & 0o777 == 0o600
    for token in portal.tokens.values():
        assert token not in log.read_text() + (log.parent / "tokens.json").read_text()
