"""`benchmarks/rerun_reach.py` runs, and refuses an edit whose place is gone."""

import json
import os
import runpy
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PROGRAM = ROOT / "benchmarks/rerun_reach.py"


def test_two_edits(tmp_path):
    environment = {**os.environ, "PYTHONPATH": str(ROOT / "src"), "XDG_CACHE_HOME": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, str(PROGRAM), "--edits", "2"], env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout.splitlines()[-1])
    counting, naming = found["edits"]
    assert found["rules"] == len(counting["rules_before"]) == len(naming["rules_before"])
    assert set(counting["rules_after"]) == {
        "build_component",
        "find_near_duplicates",
        "report_explorer",
        "report_ledger",
    }
    assert {"train_mix", "predict_answers", "translate_source"} <= set(naming["rules_after"])
    assert "records/files.py: counting the rows of a file" in done.stdout


def test_an_edit_that_no_longer_applies_ends_the_program():
    program = runpy.run_path(str(PROGRAM))
    lost = program["Edit"]("nothing", "records/files.py", "text that is not there", "")
    with pytest.raises(SystemExit, match="the edit of nothing no longer applies"):
        program["refuse_lost"]([lost])
