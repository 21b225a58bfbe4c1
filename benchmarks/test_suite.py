"""Measure the tests: the seconds of a whole run, those of each part, and the tests that cost most.

Runs the pytest command of `make test` once. The CPU seconds of a test are those of its process, of the processes that
it started and waited for, and of what it had a preloaded process run (but jobs of a Snakemake that run so count in the
whole run only); a fixture that several tests share counts for the test that needs it first.

Example: python benchmarks/test_suite.py
         python benchmarks/test_suite.py --only tests/unit/test_records.py --processes 0

prints  what pytest prints, a table, and as its last line one JSON object: status (of pytest), tests, wall_seconds,
        cpu_seconds, parts (folder -> tests, wall_seconds, cpu_seconds: sums over its tests) and slowest (test,
        wall_seconds, cpu_seconds). The exit code is pytest's
"""

import argparse
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

ROOT = Path(__file__).resolve().parents[1]
# The longest first, so that both processes have work to the end.
PARTS = ("tests/workflow", "tests/unit", "tests/web")
DISTRIBUTION = ("--dist", "loadfile", "--no-loadscope-reorder")
LOG_VARIABLE = "MEASURED_TESTS"
STARTED = pytest.StashKey[tuple[float, float]]()


def _used() -> tuple[float, float]:
    """Return seconds on the wall, and CPU seconds: of this process, its ended children, and preloaded programs."""
    spent = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    preloaded = sys.modules.get("support.preloaded")
    elsewhere = preloaded.spent[0] if preloaded else 0
    return time.monotonic(), sum(one.ru_utime + one.ru_stime for one in spent) + elsewhere


# --- read by pytest, which loads this file as a plugin in each of its processes


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    item.stash[STARTED] = _used()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    report = yield
    if call.when == "teardown" and STARTED in item.stash:
        used = [now - before for now, before in zip(_used(), item.stash[STARTED], strict=True)]
        report.user_properties.append(("used", used))
    return report


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    # Where the tests are shared out, each report comes by here twice: in its process and in the one that shares out.
    log = os.environ.get(LOG_VARIABLE)
    used: Any = dict(report.user_properties).get("used")
    if log and used and "PYTEST_XDIST_WORKER" not in os.environ:
        with open(log, "a", encoding="utf-8") as file:
            file.write(json.dumps([report.nodeid, *used]) + "\n")


# --- the program


def run_tests(paths: list[str], processes: int, log: Path) -> dict[str, Any]:
    """Run pytest on `paths` and return the whole run's status and seconds; each test's go to `log`."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    environment[LOG_VARIABLE] = str(log)
    places = [str(Path(__file__).parent), *filter(None, [os.environ.get("PYTHONPATH")])]
    environment["PYTHONPATH"] = os.pathsep.join(places)
    command = [sys.executable, "-m", "pytest", "-p", Path(__file__).stem, *paths]
    command += ["--numprocesses", str(processes), *DISTRIBUTION]
    before = _used()
    status = subprocess.run(command, cwd=ROOT, env=environment, check=False).returncode
    wall, cpu = (now - earlier for now, earlier in zip(_used(), before, strict=True))
    return {"status": status, "wall_seconds": round(wall, 1), "cpu_seconds": round(cpu, 1)}


def summed(rows: list[tuple[str, float, float]]) -> dict[str, float]:
    """Return the number of tests and the sums of their seconds."""
    wall, cpu = (round(sum(row[place] for row in rows), 1) for place in (1, 2))
    return {"tests": len(rows), "wall_seconds": wall, "cpu_seconds": cpu}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", nargs="+", default=list(PARTS), metavar="PATH", help="run these tests only")
    parser.add_argument("--processes", type=int, default=2, help="processes that share out the files; 0 is this one")
    parser.add_argument("--slowest", type=int, default=20, help="how many of the tests that cost most are named")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        log = Path(folder) / "tests.jsonl"
        result = run_tests(arguments.only, arguments.processes, log)
        lines = log.read_text(encoding="utf-8").splitlines() if log.exists() else []
    rows = [tuple(json.loads(line)) for line in lines]
    result["tests"] = len(rows)
    folders = sorted({row[0].rpartition("/")[0] for row in rows})
    result["parts"] = {name: summed([row for row in rows if row[0].startswith(f"{name}/")]) for name in folders}
    dearest = sorted(rows, key=lambda row: row[2], reverse=True)[: arguments.slowest]
    result["slowest"] = [
        {"test": name, "wall_seconds": round(wall, 2), "cpu_seconds": round(cpu, 2)} for name, wall, cpu in dearest
    ]
    print(f"\n{'CPU s':>8} {'wall s':>8}")
    print(f"{result['cpu_seconds']:8.1f} {result['wall_seconds']:8.1f}  the whole run, {len(rows)} tests")
    for name, part in result["parts"].items():
        print(f"{part['cpu_seconds']:8.1f} {part['wall_seconds']:8.1f}  {name}, {part['tests']} tests")
    for one in result["slowest"]:
        print(f"{one['cpu_seconds']:8.1f} {one['wall_seconds']:8.1f}  {one['test']}")
    print(json.dumps(result))
    sys.exit(result["status"])


if __name__ == "__main__":
    main()
