"""In which job of Slurm the holder of a lock runs: so that a lock which a killed job left on another node is known."""

import os
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from medinjection.records.slurm_commands import run_slurm

_SQUEUE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class SlurmJob:
    """A job, by its number in Slurm."""

    number: str

    def goes_on(self) -> bool:
        """Return whether it may still run elsewhere than on this machine."""
        # After its node has failed, Slurm starts a job again under its number; what it ran before has ended.
        if self == own_job():
            return False
        command = ("squeue", "--noheader", f"--jobs={self.number}", "--format=%T")
        try:
            done = run_slurm(*command, seconds=_SQUEUE_SECONDS)
        except (OSError, subprocess.SubprocessError):
            return True
        if done.returncode:
            return "invalid job id" not in done.stderr.lower()
        return any(state != "PENDING" for state in done.stdout.split())


def own_job() -> SlurmJob | None:
    """Return the job that this process belongs to, None outside Slurm."""
    number = os.environ.get("SLURM_JOB_ID")
    return SlurmJob(number) if number else None


@contextmanager
def job_noted(lock: Path) -> Iterator[None]:
    """Keep a note beside the lock file `lock`, which this process holds, of the job that it belongs to, if any."""
    own = own_job()
    if own is None:
        yield
        return
    note = _note_of(lock)
    note.write_text(f"{os.getpid()} {socket.gethostname()} {own.number}", encoding="ascii")
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def job_of_holder(lock: Path, process: int, host: str) -> SlurmJob | None:
    """Return the job of the process that holds a lock; None where it had none, or the note is about another process."""
    try:
        noted, where, number = _note_of(lock).read_text(encoding="ascii").split()
        return SlurmJob(number) if (int(noted), where) == (process, host) else None
    except (OSError, ValueError):
        return None


def _note_of(lock: Path) -> Path:
    """Return the file of the note: the lock file itself is filelock's, and has no room for more."""
    return lock.with_name(f"{lock.name}.job")
