"""A stack's life through the pages in a browser: on a screen and a phone, light and dark, by mouse and by keyboard."""

from pathlib import Path

import pytest
from agno_ha.operations.model import Finding, Kind, Progress, State
from agno_ha_portal.picture import Diagrams
from agno_ha_portal.roles import Role
from playwright.sync_api import Page, expect
from portal.conftest import Listening

from .conftest import PATIENCE, Open, check, picture

expect.set_options(timeout=PATIENCE)


def test_a_life(open_page: Open, served: Listening, tmp_path: Path) -> None:
    within = served.portal.app.state.portal
    within.diagram = Diagrams(served.portal.root, within.stopping).of
    page = open_page()
    expect(page.get_by_role("link", name="dev")).to_be_visible()
    check(page)
    picture(page, "stacks", tmp_path)
    page.get_by_role("link", name="dev", exact=True).click()
    page.get_by_role("button", name="Preview changes").click()
    expect(page.get_by_role("heading", name="Preview of dev")).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text("agno-web (Service)")
    # The page follows without being loaded again, and says so to who can't see it.
    expect(page.get_by_role("button", name="Approve")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("The preview succeeded.")
    expect(page.get_by_role("heading", name="Policy findings")).to_be_visible()
    check(page)
    picture(page, "preview", tmp_path)
    page.get_by_role("button", name="Approve").click()
    page.get_by_role("button", name="Bring it up").click()
    expect(page.get_by_role("heading", name="Up of dev")).to_be_visible()
    expect(page.get_by_role("log")).to_contain_text("agno-nginx (Service)")
    expect(page.get_by_role("status")).to_have_text("The up succeeded.")
    expect(page.get_by_role("region", name="Outputs")).to_contain_text("[secret]")
    check(page)
    page.get_by_role("link", name="dev", exact=True).click()
    page.get_by_role("button", name="Look for drift").click()
    expect(page.get_by_role("heading", name="What differs")).to_be_visible()
    page.get_by_role("link", name="dev", exact=True).click()
    expect(page.get_by_role("region", name="Drift")).to_contain_text("mode.replicated.replicas")
    diagram = page.get_by_alt_text("The stack's topology", exact=False)
    diagram.scroll_into_view_if_needed()
    diagram.evaluate("image => image.decode()")  # once it is loaded; refused where it is none
    check(page)
    page.evaluate("scrollTo(0, 0)")
    picture(page, "stack", tmp_path)
    page.get_by_label("Everything, the data too", exact=False).check()
    page.get_by_label("Type dev to go on").fill("prod")
    page.get_by_role("button", name="Take dev down").click()
    assert page.url.endswith("/stacks/dev")  # the browser itself refuses what is not the name
    page.get_by_label("Type dev to go on").fill("dev")
    page.get_by_role("button", name="Take dev down").click()
    expect(page.get_by_role("heading", name="Destroy of dev")).to_be_visible()
    expect(page.get_by_role("status")).to_have_text("The destroy succeeded.")
    assert [each.kind for each in served.portal.operations.history("dev")][::-1] == [
        Kind.PREVIEW, Kind.UP, Kind.DRIFT, Kind.DESTROY,
    ]  # fmt: skip


def test_a_connection_that_breaks(open_page: Open, served: Listening) -> None:
    served.portal.operations.held = True
    page = open_page()
    page.get_by_role("link", name="dev", exact=True).click()
    page.get_by_role("button", name="Preview changes").click()
    log = page.get_by_role("log")
    expect(log).to_contain_text("agno-network (Network)")
    [operation] = served.portal.operations.history("dev")
    expect(page.locator(".log li")).to_have_count(len(served.portal.operations.scripts[Kind.PREVIEW][0]))
    # The portal restarts; the browser connects again by itself, with the last id that it saw.
    with page.expect_request("**/live*", timeout=PATIENCE) as again:
        served.restart()
    assert int(again.value.all_headers()["last-event-id"]) > 0
    served.portal.operations.add(operation.id, Progress(message="after the restart"))
    expect(log).to_contain_text("after the restart")
    served.portal.operations.finish(operation.id)
    expect(page.get_by_role("status")).to_have_text("The preview succeeded.")
    rows = page.locator(".log li").evaluate_all("rows => rows.map(row => Number(row.dataset.sequence))")
    assert rows == list(range(1, len(served.portal.operations.events(operation.id)) + 1))


def test_configuration(open_page: Open, served: Listening, tmp_path: Path) -> None:
    page = open_page(Role.OPERATOR)
    page.goto("/stacks/prod/configuration")
    check(page)
    page.get_by_label("Max", exact=False).and_(page.locator("#topology-scaling-max")).fill("500")
    page.get_by_role("button", name="Save").click()
    errors = page.get_by_role("alert")
    expect(errors).to_be_focused()
    expect(errors).to_contain_text("topology.scaling.max")
    check(page)
    picture(page, "configuration", tmp_path)
    errors.get_by_role("link", name="topology.scaling.max").click()
    expect(page.locator("#topology-scaling-max")).to_be_focused()
    page.keyboard.press("Control+a")
    page.keyboard.type("8")
    page.keyboard.press("Enter")
    expect(page.get_by_role("status")).to_contain_text("Saved")
    assert "      max: 8\n" in (served.portal.root / "Pulumi.prod.yaml").read_text()


def test_a_violation(open_page: Open, served: Listening) -> None:
    finding = Finding(policy="scale-001", level="mandatory", message="scaling.max = 20 is more than 12")
    served.portal.operations.scripts[Kind.PREVIEW] = ([finding], State.FAILED)
    page = open_page()
    page.goto("/stacks/dev")
    page.get_by_role("button", name="Preview changes").click()
    expect(page.get_by_role("heading", name="Nothing can be deployed")).to_be_visible()
    expect(page.get_by_role("button", name="Approve")).to_have_count(0)
    check(page)


def test_by_keyboard(open_page: Open) -> None:
    page = open_page(None)
    page.goto("/")
    expect(page.get_by_label("Token")).to_be_focused()
    check(page)
    page = open_page(Role.VIEWER)
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="Skip to the content")).to_be_focused()
    expect(page.get_by_role("link", name="Skip to the content")).to_be_in_viewport()
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    expect(page.get_by_role("link", name="dev", exact=True)).to_be_focused()
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="dev", exact=True)).to_be_visible()
    expect(page.get_by_role("button", name="Preview changes")).to_have_count(0)


def _pages(served: Listening) -> list[str]:
    prod = served.portal.operations.history("prod")
    return [
        "/",
        "/stacks/prod",
        f"/operations/{prod[0].id}",
        f"/operations/{prod[1].id}",
        "/audit",
        "/nowhere",
    ]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("size", [(1000, 720), (375, 760)], ids=["screen", "phone"])
def test_every_page(
    open_page: Open, served: Listening, scheme: str, size: tuple[int, int], tmp_path: Path
) -> None:
    width, height = size
    page = open_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    for path in [*_pages(served), "/stacks/prod/configuration"]:
        page.goto(path)
        check(page)
    if scheme == "dark":
        _picture_in_the_dark(page, served, "phone" if width < 500 else "dark", tmp_path)


def _picture_in_the_dark(page: Page, served: Listening, name: str, tmp_path: Path) -> None:
    page.goto("/" if name == "dark" else _pages(served)[3])
    picture(page, name, tmp_path)
