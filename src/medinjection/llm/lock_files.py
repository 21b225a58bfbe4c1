"""Locks that hold over machines with a common file system: a file beside what is locked names its holder."""

import fcntl
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from filelock import SoftFileLock, Timeout

from medinjection.llm.lock_jobs import job_noted, job_of_holder
from medinjection.records.errors import InputError

_POLL_SECONDS = 0.02
# Clocks of a machine and of its file server differ a little.
_CLOCK_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Holder:
    """The process that holds a lock, by its number and the name of its machine."""

    process: int
    host: str


def lock_file(path: Path) -> Path:
    """Return the file that exists while `path` is locked."""
    return path.with_name(f".{path.name}.lock")


@contextmanager
def locked(path: Path, seconds: float, busy: str) -> Iterator[None]:
    """Hold the lock of `path` while the block runs.

    What a killed process of this machine left is taken over, and what a job of Slurm left that has ended. Whether
    another process of another machine still runs cannot be known here: the user is told which file to remove.

    Args:
        seconds: how long to wait for whoever holds it.
        busy: what to say of a process of this machine that holds it.

    Raises:
        InputError: another process holds the lock, or its file cannot be written.
    """
    lock = SoftFileLock(lock_file(path), thread_local=False, poll_interval=_POLL_SECONDS)
    try:
        _remove_if_ended(path)
        try:
            lock.acquire(timeout=seconds)
        except Timeout:
            # The job may have been ending while it was waited for.
            if not _remove_if_ended(path):
                raise
            lock.acquire(timeout=seconds)
    except Timeout:
        raise InputError(_who_holds(path, busy)) from None
    except OSError as error:
        raise InputError(f"{path}: cannot be locked ({error})") from None
    try:
        with job_noted(lock_file(path)):
            yield
    finally:
        lock.release()


def holder(path: Path) -> Holder | None:
    """Return who holds the lock of `path`; None for nobody, and for a process of this machine that no longer runs."""
    import psutil

    file = lock_file(path)
    try:
        process, host, *_ = file.read_text(encoding="ascii").split()
        found, since = Holder(int(process), host), file.stat().st_mtime
    except (OSError, ValueError):
        return None
    if found.host != socket.gethostname():
        return found
    try:
        # A process that is younger than its lock only has the number of the one that was killed.
        is_younger = psutil.Process(found.process).create_time() > since + _CLOCK_SECONDS
    except psutil.NoSuchProcess:
        return None
    return None if is_younger else found


def _who_holds(path: Path, busy: str) -> str:
    """Return the sentence for somebody who does not get the lock of `path`."""
    found = holder(path)
    job = found and job_of_holder(lock_file(path), found.process, found.host)
    of_job = f" (Slurm job {job.number})" if job else ""
    if found is None or found.host == socket.gethostname():
        return f"{path}: {busy}{of_job}"
    return (
        f"{path}: locked by process {found.process} of the machine {found.host}{of_job}; wait for it or stop it, and "
        f"if it was killed, remove {lock_file(path)} and run again"
    )


def _remove_if_ended(path: Path) -> bool:
    """Remove a lock whose holder was a job of Slurm on another machine that has ended; return whether it did."""
    found = holder(path)
    if found is None or found.host == socket.gethostname():
        return False
    job = job_of_holder(lock_file(path), found.process, found.host)
    if job is None or job.goes_on():
        return False
    # Two that see the same leftover must not remove each other's new lock.
    with open(path.with_name(f".{path.name}.lock.guard"), "wb") as guard:
        fcntl.flock(guard, fcntl.LOCK_EX)
        if holder(path) == found:
            lock_file(path).unlink(missing_ok=True)
    return True
