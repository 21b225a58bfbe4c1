"""benchmarks/test_suite.py at its smallest size."""

import json
import re
import runpy
import subprocess
import sys


def test_the_tests_are_measured(root):
    program = root / "benchmarks/test_suite.py"
    only = "tests/unit/test_records.py"
    command = [sys.executable, str(program), "--only", only, "--processes", "1", "--slowest", "3"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
    measured = json.loads(done.stdout.splitlines()[-1])
    passed = int(re.search(r"(\d+) passed", done.stdout)[1])
    assert (measured["status"], measured["tests"]) == (0, passed)
    assert measured["parts"]["tests/unit"]["tests"] == passed
    assert measured["cpu_seconds"] > measured["parts"]["tests/unit"]["cpu_seconds"] > 0
    slowest = [test["cpu_seconds"] for test in measured["slowest"]]
    assert len(slowest) == 3 and slowest == sorted(slowest, reverse=True)
    assert all(test["test"].startswith(f"{only}::") for test in measured["slowest"])


def test_a_failure_is_passed_on(root, tmp_path):
    (tmp_path / "test_wrong.py").write_text("def test_wrong():\n    assert False\n")
    command = [sys.executable, str(root / "benchmarks/test_suite.py"), "--only", str(tmp_path), "--processes", "0"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 1
    assert json.loads(done.stdout.splitlines()[-1])["status"] == 1


def test_what_is_measured_is_what_make_runs(root):
    program = runpy.run_path(str(root / "benchmarks/test_suite.py"))
    makefile = (root / "Makefile").read_text()
    [line] = [line for line in makefile.splitlines() if "-m pytest tests/workflow" in line]
    assert f"-m pytest {' '.join(program['PARTS'])} --numprocesses $(TEST_PROCESSES)" in line
    assert line.endswith(" ".join(program["DISTRIBUTION"]))
