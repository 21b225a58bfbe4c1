"""A real browser for tests: Debian's Chromium, which envs/install_chromium.sh installs, driven by Playwright."""

import os
import shutil
from dataclasses import dataclass, field
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome")
# The page is read by whoever has it: nothing but the file itself, and what is in it, may be asked for.
INSIDE = ("data:", "blob:")


def do_without(said):
    """Skip the test with a reason, or fail where REQUIRE_CHROMIUM says that nothing may be missing."""
    if os.environ.get("REQUIRE_CHROMIUM"):
        pytest.fail(said)
    pytest.skip(said)


@pytest.fixture(scope="session")
def chromium():
    """A headless Chromium; without one tests are skipped, or fail where REQUIRE_CHROMIUM is set."""
    path = next(filter(None, map(shutil.which, NAMES)), None)
    if path is None:
        do_without("no Chromium: bash envs/install_chromium.sh installs it")
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

    When the test ends, the page must have asked for nothing outside its file, or where `beside` is set outside the
    folder of its file, and its console complained of nothing.
    """
    visits, contexts = [], []

    def open_page(path, init_script=None, beside=False, **options):
        context = chromium.new_context(**{"locale": "fr-FR", "viewport": {"width": 1280, "height": 900}, **options})
        context.set_default_timeout(120_000)
        contexts.append(context)
        if init_script:
            context.add_init_script(init_script)
        made = Visit(context.new_page())
        visits.append(made)
        own = path.parent.as_uri() + "/" if beside else path.as_uri()
        made.page.on("request", lambda r: made.requests.append(r.url) if not r.url.startswith((own, *INSIDE)) else None)
        made.page.on("console", lambda m: made.complaints.append(m.text) if m.type in ("error", "warning") else None)
        made.page.on("pageerror", lambda error: made.complaints.append(str(error)))
        made.page.goto(path.as_uri())
        return made.page

    yield open_page
    for context in contexts:
        context.close()
    assert [v.requests for v in visits] == [[]] * len(visits)
    assert [v.complaints for v in visits] == [[]] * len(visits)


@pytest.fixture(scope="session")
def violations():
    """A function that lets axe-core judge a page: rule, weight, and where it is broken."""
    try:
        from axe_playwright_python.sync_playwright import Axe
    except ImportError:
        do_without("no axe-core: make setup installs axe-playwright-python")
    axe = Axe()

    def found(page):
        broken = axe.run(page).response["violations"]
        return [(rule["id"], rule["impact"], [node["html"] for node in rule["nodes"]][:3]) for rule in broken]

    return found
