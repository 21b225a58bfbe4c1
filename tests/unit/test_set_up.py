"""Set-up as a person sees it: a line for each step, and one sentence where it cannot go on."""

import os
import shutil
import subprocess

import pytest

# Stands in for Python: it makes "environments" whose Python is itself, and its pip does as the test says.
FAKE = """#!/usr/bin/env bash
case "$*" in
    "-c ") exit {shim} ;;
    "-c "*) exit {too_old} ;;
    "--version") echo "Python 3.9.2" ;;
    "-m venv "*)
        [ {no_venv} = 0 ] || {{ echo "ensurepip is not available"; exit 1; }}
        mkdir -p "$3/bin" && cp "$0" "$3/bin/python" ;;
    *"show torch") exit 1 ;;
    *install*) printf 'Collecting a\\nCollecting b\\n{pip_says}\\n'; exit {pip_fails} ;;
esac
"""


@pytest.fixture
def set_up(tmp_path, root):
    """A function that sets up an environment with a stand-in for Python, and returns the status and what was said."""
    (tmp_path / "envs").mkdir()
    shutil.copy2(root / "envs/make_environment.sh", tmp_path / "envs")
    (tmp_path / "envs/workflow.txt").write_text("torch==2.0\na==1\nb==1\n", encoding="utf-8")

    def run(shim=0, too_old=0, no_venv=0, pip_fails=0, pip_says="fine"):
        python = tmp_path / "python"
        values = {"shim": shim, "too_old": too_old, "no_venv": no_venv, "pip_fails": pip_fails, "pip_says": pip_says}
        python.write_text(FAKE.format(**values), encoding="utf-8")
        python.chmod(0o755)
        command = ["bash", "envs/make_environment.sh", "workflow", str(python)]
        done = subprocess.run(command, cwd=tmp_path, env=os.environ, capture_output=True, text=True)
        return done.returncode, done.stdout, done.stderr

    run.folder = tmp_path
    return run


def test_a_step_is_a_line_and_what_pip_says_is_in_the_log(set_up):
    status, said, errors = set_up()
    lines = said.splitlines()
    assert (status, errors) == (0, "")
    assert len(lines) == 5
    assert all("done in 0:" in line for line in lines[1:4])
    assert "Collecting" not in said
    assert "Collecting a" in (set_up.folder / ".venv/workflow.log").read_text(encoding="utf-8")
    assert (set_up.folder / ".venv/workflow/.ready").is_file()


@pytest.mark.parametrize(
    ("faults", "expected"),
    [
        (
            {"shim": 127},
            "error: PYTHON is not installed: name Python 3.11, 3.12 or 3.13, make PYTHON=python3.12 ...",
        ),
        ({"too_old": 1}, "error: Python 3.9.2 found, Python 3.11, 3.12 or 3.13 is needed: make PYTHON=python3.12 ..."),
        (
            {"no_venv": 1},
            "error: cannot make a virtual environment; on Debian and Ubuntu: apt-get install python3-venv",
        ),
        (
            {"pip_fails": 1, "pip_says": "Failed to establish: Temporary failure in name resolution"},
            "error: the package index cannot be reached: check the network or pip's index, then run make again "
            "(details: .venv/workflow.log)",
        ),
    ],
)
def test_what_stops_it_is_said_in_one_sentence(set_up, faults, expected):
    status, _, errors = set_up(**faults)
    assert status == 1
    assert errors.strip().replace(str(set_up.folder / "python"), "PYTHON") == expected
    assert not (set_up.folder / ".venv/workflow/.ready").exists()


def test_an_index_that_cannot_be_reached_is_not_asked_for_another_build_of_torch(set_up):
    set_up(pip_fails=1, pip_says="connection refused")
    assert (set_up.folder / ".venv/workflow.log").read_text(encoding="utf-8").count("Collecting a") == 1
    set_up(pip_fails=1, pip_says="no matching distribution")
    tries = 1 if shutil.which("nvidia-smi") else 2  # with a GPU there is one build to ask for
    assert (set_up.folder / ".venv/workflow.log").read_text(encoding="utf-8").count("Collecting a") == tries


def test_a_folder_that_cannot_be_written_is_told(set_up):
    (set_up.folder / ".venv").touch()
    status, said, errors = set_up()
    assert (status, said) == (1, "")
    assert errors.strip() == f"error: this user may not write in {set_up.folder}/.venv: clone to a folder of your own"


def test_any_other_failure_shows_the_end_of_the_log(set_up):
    status, said, errors = set_up(pip_fails=1, pip_says="ERROR: no space left")
    assert status == 1
    assert "failed after" in said
    assert "ERROR: no space left" in errors
    assert errors.strip().endswith("the lines above are the last ones of .venv/workflow.log")


def test_what_an_interrupted_set_up_left_is_not_built_upon(set_up):
    left = set_up.folder / ".venv/workflow/lib/half.txt"
    left.parent.mkdir(parents=True)
    left.touch()
    assert set_up(pip_fails=1)[0] == 1
    assert not left.exists()
    left.parent.mkdir(parents=True)
    left.touch()
    (set_up.folder / ".venv/workflow/.ready").touch()
    assert set_up()[0] == 0
    assert left.exists()
