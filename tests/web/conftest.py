"""A real browser for tests: Debian's Chromium, which envs/install_chromium.sh installs, driven by Playwright."""

import os
import shutil
from dataclasses import dataclass, field
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
# The page is read by whoever has it: nothing but the file itself, and what is in it, may be asked for.
INSIDE = ("data:", "blob:")


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium; without one tests are skipped, or fail where REQUIRE_CHROMIUM is set."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        said = "no Chromium: bash envs/install_chromium.sh installs it"
        if os.environ.get("REQUIRE_CHROMIUM"):
            pytest.fail(said)
        pytest.skip(said)
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        # A sandbox needs a user other than root.
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@dataclass
class Visit:
    """A page in a browser of its own, what it asked for from elsewhere, and what its console complained of."""

    page: Any
    requests: list[str] = field(default_factory=list)
    complaints: list[str] = field(default_factory=list)


@pytest.fixture
def visit(chromium):
    """Open a file: `visit(path, **options of the browser's context)`.

    When the test ends, the page must have asked for nothing outside its file, and its console complained of nothing.
    """
    visits, contexts = [], []

    def open_page(path, init_script=None, **options):
        context = chromium.new_context(**{"locale": "fr-FR", "viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(120_000)
        contexts.append(context)
        if init_script:
            context.add_init_script(init_script)
        made = Visit(context.new_page())
        visits.append(made)
        own = path.as_uri()
        made.page.on("request", lambda r: made.requests.append(r.url) if not r.url.startswith((own, *INSIDE)) else None)
        made.page.on("console", lambda m: made.complaints.append(m.text) if m.type in ("error", "warning") else None)
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        made.page.goto(own)
        return made.page

    yield open_page
    for context in contexts:
        context.close()
    assert [v.requests for v in visits] == [[]] * len(visits)
    assert [v.complaints for v in visits] == [[]] * len(visits)
