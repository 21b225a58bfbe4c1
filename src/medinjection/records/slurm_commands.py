"""Asking Slurm. It stands below all rooms, because locks ask it as well as what is done on a cluster."""

import os
import subprocess

# A user's own defaults of these commands: SQUEUE_STATES=RUNNING would hide the jobs that wait.
_DEFAULTS = ("SACCT_", "SCANCEL_", "SINFO_", "SQUEUE_")


def run_slurm(*command: str, seconds: float) -> "subprocess.CompletedProcess[str]":
    """Run a command of Slurm, whatever defaults the user has set for it, and return what it said.

    Raises:
        FileNotFoundError: there is no such command.
        subprocess.TimeoutExpired: no answer in `seconds`.
    """
    environment = {name: value for name, value in os.environ.items() if not name.startswith(_DEFAULTS)}
    return subprocess.run(command, capture_output=True, text=True, timeout=seconds, env=environment)


def lines_of_slurm(*command: str, seconds: float) -> list[str] | None:
    """Return the lines that a command of Slurm writes, None where it is not there, does not answer or fails."""
    try:
        done = run_slurm(*command, seconds=seconds)
    except (OSError, subprocess.SubprocessError):
        return None
    return [line.strip() for line in done.stdout.splitlines() if line.strip()] if done.returncode == 0 else None
