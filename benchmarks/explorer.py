"""Measure the explorer at a size: how long it takes to make, how large it is, and how fast a browser shows and filters.

Questions are rendered from the knowledge base (`rendered_records.py`), answers are drawn at random: a tenth of the
questions are open, a model has a skill and a question a difficulty; around a letter stand words of the questions.
The page is opened from the disk by a headless Chromium of 1280 by 900 pixels (envs/install_chromium.sh installs it).

first view  from the beginning of the navigation until the list and its filters can be used
filter      from the change of a control until the second frame after it, the slowest of several filters
search      the same for words: the first search reads the texts of all questions, later ones find them in memory
answers     the same for words in what all models wrote, which reads every file of answers; then a filter of those found

Example: python benchmarks/explorer.py
         python benchmarks/explorer.py --questions 2000 --models 2 --thinking 1

The last line is one JSON object: build_seconds, build_cpu_seconds, peak_rss_mb, explorer_mb, files, first_view_ms,
filter_ms, search_ms, search_again_ms, answers_ms, answers_filter_ms.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from explorer_answers import write_answers

REPORT = Path(__file__).parents[1] / "workflow/scripts/report_explorer.py"
BROWSERS = ("chromium", "chromium-browser", "google-chrome")
WORDS = ("traitement", "insuffisance cardiaque")
# What is chosen, one after the other: a control and its value.
FILTERS = (
    ("#source", "1"),
    ("#source", ""),
    ("input[value=disagree]", None),
    ("input[value=moves]", None),
    ("input[value=decodings]", None),
    ("input[value=wrong]", None),
    ("#model", "0"),
)
_CHANGE = """async ([selector, value]) => {
    const control = document.querySelector(selector);
    const started = performance.now();
    if (value === null) control.checked = true; else control.value = value;
    control.dispatchEvent(new Event("input", { bubbles: true }));
    await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
    return performance.now() - started;
}"""
# Words into a field; those of the field with a button are searched when the form is sent.
_SEARCH = """async ([selector, words]) => {
    const field = document.querySelector(selector);
    const found = () => performance.getEntriesByName("explorer-find").length;
    const before = found(), started = performance.now();
    field.value = words;
    if (selector === "#wrote") field.form.requestSubmit();
    else field.dispatchEvent(new Event("input", { bubbles: true }));
    while (found() === before) await new Promise(requestAnimationFrame);
    return performance.now() - started;
}"""


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument(
        "--questions", type=int, default=28_000, help="choice and open questions (default: %(default)s)"
    )
    parser.add_argument("--models", type=int, default=8, help="models that answer (default: %(default)s)")
    parser.add_argument("--orders", type=int, default=4, help="orders of the options (default: %(default)s)")
    parser.add_argument(
        "--thinking",
        type=int,
        default=0,
        help="how many of the models reason before each answer (default: %(default)s)",
    )
    parser.add_argument("--keep", type=Path, help="folder for the explorer (default: a temporary one)")
    arguments = parser.parse_args()
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        print("no Chromium: bash envs/install_chromium.sh installs it", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as temporary:
        answers = Path(temporary)
        explorer = (arguments.keep or answers) / "explorer"
        models = write_answers(answers, arguments.questions, arguments.models, arguments.orders, arguments.thinking)
        found = build(answers, models, explorer) | opened(explorer / "index.html", browser)
    print(json.dumps(found))
    return 0


def build(answers: Path, models: list[str], explorer: Path) -> dict[str, Any]:
    """Make the explorer in a process of its own; return its seconds, peak memory and what it wrote."""
    command = [sys.executable, str(REPORT), "--run-name", "benchmark", "--output-folder", str(explorer)]
    for kind in ("choice", "open"):
        command += [f"--{kind}-questions", str(answers / f"{kind}.parquet"), f"--{kind}-models", *models]
        command += [f"--{kind}-predictions", *(str(answers / model / f"{kind}.parquet") for model in models)]
    command += ["--judgements", f"judge={answers / 'judge'}"]
    reasoning = {model: answers / model / "reasoning.parquet" for model in models}
    command += ["--reasoning", *(f"{model}={path}" for model, path in reasoning.items() if path.is_file())]
    started = time.monotonic()
    process = subprocess.Popen(command)
    _, status, usage = os.wait4(process.pid, 0)
    seconds = time.monotonic() - started
    if status:
        raise SystemExit(f"{REPORT.name} ended with {os.waitstatus_to_exitcode(status)}")
    sizes = [path.stat().st_size for path in explorer.rglob("*") if path.is_file()]
    return {
        "build_seconds": round(seconds, 1),
        "build_cpu_seconds": round(usage.ru_utime + usage.ru_stime, 1),
        "peak_rss_mb": round(usage.ru_maxrss / 1024),
        "explorer_mb": round(sum(sizes) / 1e6, 1),
        "files": len(sizes),
    }


def opened(page_file: Path, browser: str) -> dict[str, Any]:
    """Open the page, choose filters and search; return milliseconds."""
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=browser, args=["--no-sandbox"])
        page = launched.new_page(viewport={"width": 1280, "height": 900})
        page.goto(page_file.as_uri())
        page.wait_for_function("() => performance.getEntriesByName('explorer-ready').length")
        first = page.evaluate("performance.getEntriesByName('explorer-ready')[0].startTime")
        filters = []
        for control, value in FILTERS:
            filters.append(page.evaluate(_CHANGE, [control, value]))
            print(f"{control} = {value}: {filters[-1]:.0f} ms, {page.inner_text('#status')}")
        page.click("button[type=reset]")
        searches = [page.evaluate(_SEARCH, ["#text", words]) for words in WORDS]
        print(f"{WORDS[-1]}: {page.inner_text('#status')}")
        page.goto(page_file.as_uri())
        page.wait_for_function("() => performance.getEntriesByName('explorer-ready').length")
        answers = page.evaluate(_SEARCH, ["#wrote", WORDS[-1]])
        print(f"{WORDS[-1]}, written by models: {page.inner_text('#status')}")
        answers_filter = page.evaluate(_CHANGE, ["input[value=disagree]", None])
        launched.close()
    return {
        "first_view_ms": round(first),
        "filter_ms": round(max(filters)),
        "search_ms": round(searches[0]),
        "search_again_ms": round(searches[1]),
        "answers_ms": round(answers),
        "answers_filter_ms": round(answers_filter),
    }


if __name__ == "__main__":
    sys.exit(main())
