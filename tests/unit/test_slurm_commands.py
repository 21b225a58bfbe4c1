"""Slurm is asked without a user's own defaults of its commands, and what it does not answer is told apart."""

import os
import subprocess

import pytest

from medinjection.records.slurm_commands import lines_of_slurm, run_slurm


@pytest.fixture
def program(tmp_path, monkeypatch):
    """A function that makes a program of the text of a shell script, found by its name alone."""
    monkeypatch.setenv("PATH", f"{tmp_path}{os.pathsep}{os.environ['PATH']}")

    def make(text):
        path = tmp_path / "squeue"
        path.write_text(f"#!/bin/sh\n{text}\n")
        path.chmod(0o755)

    return make


def test_what_a_user_has_set_for_its_commands_does_not_reach_them(program, monkeypatch):
    program("env | grep -E '^(SACCT|SCANCEL|SINFO|SQUEUE|SLURM)_[A-Z]*=' | sort")
    for name in ("SQUEUE_STATES", "SQUEUE_USERS", "SINFO_ALL", "SACCT_FORMAT", "SCANCEL_STATE", "SLURM_CONF"):
        monkeypatch.setenv(name, "x")
    assert "SLURM_CONF=x" in lines_of_slurm("squeue", seconds=60)
    assert all(line.startswith("SLURM_") for line in lines_of_slurm("squeue", seconds=60))


def test_nothing_said_is_no_failure(program):
    program("exit 0")
    assert lines_of_slurm("squeue", seconds=60) == []
    program("echo 'cannot contact the controller' >&2; exit 1")
    assert lines_of_slurm("squeue", seconds=60) is None
    assert run_slurm("squeue", seconds=60).stderr == "cannot contact the controller\n"


def test_a_command_that_is_not_there_or_does_not_answer(program, tmp_path):
    assert lines_of_slurm(str(tmp_path / "gone"), seconds=60) is None
    program("exec sleep 60")
    assert lines_of_slurm("squeue", seconds=0.05) is None
    with pytest.raises(subprocess.TimeoutExpired):
        run_slurm("squeue", seconds=0.05)
