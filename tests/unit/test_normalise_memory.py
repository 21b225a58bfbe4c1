"""benchmarks/normalise_memory.py at its smallest size."""

import json
import subprocess
import sys


def test_what_is_normalised_is_what_was_rendered_within_the_limit(root):
    command = [sys.executable, str(root / "benchmarks/normalise_memory.py"), "--smoke"]
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    *_, said, last = done.stdout.strip().splitlines()
    assert said == "kept and rejected as rendered: yes"
    figures = json.loads(last)
    assert figures["rows"] == 3000
    assert 1.1 < figures["megabytes"] / 3 < 1.5, "a row has the size of a released one"
    assert 0 < figures["peak_mb"] < 800
