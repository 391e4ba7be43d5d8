"""Debian's Chromium before a portal that plays recorded events; pages are looked at by axe-core."""

import os
import shutil
from collections.abc import Callable, Iterator
from importlib.resources import files
from pathlib import Path

import pytest
from agno_ha.operations.model import Kind
from agno_ha_portal import signing
from agno_ha_portal.app import create
from agno_ha_portal.roles import Role
from agno_ha_portal.settings import Settings
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright
from portal.conftest import ROOT, Listening, Portal, copied, look
from portal.fake import FakeOperations

AXE = files("axe_playwright_python").joinpath("axe.min.js")

PICTURES = ROOT / "docs" / "portal"

DIAGRAM = "<svg xmlns='http://www.w3.org/2000/svg' width='1' height='1'/>"
"""What is shown of a stack where a test does not draw it, which takes seconds."""

PATIENCE = 240_000
"""Milliseconds: a busy machine needs long for a diagram."""


@pytest.fixture
def served(tmp_path: Path) -> Iterator[Listening]:
    """The portal on loopback, over a copy of this project."""
    copied(tmp_path)
    signing._FAILED.storage.reset()
    operations = FakeOperations()
    app = create(Settings(root=tmp_path), operations, look)
    app.state.portal.diagram = lambda stack: DIAGRAM
    portal = Portal(tmp_path, app, operations)
    portal.tokens = {role: app.state.access.tokens.add(name, role) for name, role in NAMES.items()}
    # What went before: so that the pages have something to show.
    for stack, kinds in (("prod", (Kind.PREVIEW, Kind.DRIFT)), ("staging", (Kind.PREVIEW, Kind.REFRESH))):
        for kind in kinds:
            operations.start(stack, kind, requester="nightly")
    operations.pace = 0.08
    server = Listening(portal)
    yield server
    server.stop()


NAMES = {"ana": Role.APPROVER, "ben": Role.OPERATOR, "vera": Role.VIEWER}


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # As root there is no sandbox; the pages are our own.
        arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=arguments)
        yield browser
        browser.close()


Open = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser, served: Listening) -> Iterator[Open]:
    """Open a page as a person; whatever the browser complains about fails the test."""
    contexts: list[BrowserContext] = []
    complaints: list[str] = []

    def make(role: Role | None = Role.APPROVER, **options: object) -> Page:
        viewport = options.pop("viewport", {"width": 1000, "height": 720})
        context = chromium.new_context(base_url=served.url, viewport=viewport, **options)
        context.set_default_timeout(PATIENCE)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: message.type == "error" and complaints.append(message.text))
        page.on("pageerror", lambda error: complaints.append(str(error)))
        if role:
            page.goto("/")
            page.get_by_label("Token").fill(served.portal.tokens[role])
            page.get_by_role("button", name="Sign in").click()
            page.get_by_role("heading", name="Stacks", exact=True).wait_for()
        return page

    yield make
    for context in contexts:
        context.close()
    # What the server refuses with a status is told on the page, and by Chromium here too.
    assert [text for text in complaints if "Failed to load resource" not in text] == []


def check(page: Page) -> None:
    """Let axe-core look at the page: nothing serious, and no scrolling sideways."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, {resultTypes: ['violations']})")
    serious = [
        f"{each['id']}: {node['html']} ({node['failureSummary']})"
        for each in found["violations"]
        if each["impact"] in ("serious", "critical")
        for node in each["nodes"]
    ]
    assert not serious, "\n".join(serious)
    assert found["passes"] is not None
    assert page.evaluate("document.documentElement.scrollWidth <= document.documentElement.clientWidth")


def picture(page: Page, name: str, tmp_path: Path) -> None:
    """Take a picture; with AGNO_HA_PICTURES the docs' own."""
    folder = PICTURES if os.environ.get("AGNO_HA_PICTURES") else tmp_path
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}.png"
    page.screenshot(path=path)
    assert path.stat().st_size > 10_000  # not an empty page
