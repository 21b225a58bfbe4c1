"""Take the pictures of the documentation from a finished demonstration, in a headless Chromium.

    python docs/pictures.py --run results/demo --output docs/pictures

reads   report.html, explorer/, human/review.html of the run; what report_summary.py says of it
writes  report.png, explorer.png, review.png, terminal.png
"""

import html
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import Page, sync_playwright

from medinjection.program import argument_parser, run_program
from medinjection.records.errors import InputError

_SIZE = {"width": 1200, "height": 760}
_TERMINAL = """<body style="margin:0;display:inline-block"><pre id="terminal" style="margin:0;padding:1rem;
background:#14181b;color:#e4e8eb;font:14px/1.45 'DejaVu Sans Mono',monospace;display:inline-block">{}</pre>"""


def main() -> None:
    """Take the pictures that the command line asks for."""
    parser = argument_parser(__doc__)
    parser.add_argument("--run", required=True, type=Path, help="folder of a finished demonstration")
    parser.add_argument("--output", required=True, type=Path, help="folder to write the pictures to")
    arguments = parser.parse_args()
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        raise InputError("no Chromium: bash envs/install_chromium.sh installs it")
    run, output = arguments.run.resolve(), arguments.output
    output.mkdir(parents=True, exist_ok=True)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        page = browser.new_page(viewport=_SIZE, locale="en-GB", color_scheme="light")
        _take_report(page, run, output)
        _take_explorer(page, run, output)
        _take_review(page, run, output)
        _take_terminal(page, output)
        browser.close()


def _take_report(page: Page, run: Path, output: Path) -> None:
    page.goto((run / "report.html").as_uri())
    page.screenshot(path=output / "report.png")


def _take_explorer(page: Page, run: Path, output: Path) -> None:
    page.goto((run / "explorer/index.html").as_uri())
    page.get_by_label("models disagree").check()
    page.locator("#list a").first.click()
    page.locator("#content > *").first.wait_for()
    page.screenshot(path=output / "explorer.png")


def _take_review(page: Page, run: Path, output: Path) -> None:
    page.goto((run / "human/review.html").as_uri())
    page.screenshot(path=output / "review.png")


def _take_terminal(page: Page, output: Path) -> None:
    command = [sys.executable, "workflow/scripts/report_summary.py", "--configfile", "config/demo.yaml"]
    said = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    here = said.replace(f"{Path.cwd()}/", "")
    # The page before must not say which styles are allowed.
    page.goto("about:blank")
    page.set_content(_TERMINAL.format(html.escape(f"$ make demo\n...\n{here}")))
    page.locator("#terminal").screenshot(path=output / "terminal.png")


if __name__ == "__main__":
    run_program(main)
