"""The program that measures locks, at its smallest size: no turn is lost under any of them."""

import json
import subprocess
import sys


def test_no_turn_is_lost_under_any_lock(root):
    command = [sys.executable, "benchmarks/lock_turns.py", "--turns", "5", "--processes", "3"]
    done = subprocess.run(command, cwd=root, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    figures = json.loads(done.stdout.splitlines()[-1])
    assert list(figures) == ["kernel", "FileLock", "SoftFileLock"]
    assert all(value > 0 for value in figures.values())
