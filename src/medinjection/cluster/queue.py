"""The jobs of a head in Slurm's queue: finding, cancelling, waiting."""

import subprocess
import time
from collections.abc import Callable, Collection
from dataclasses import dataclass

from medinjection.records.errors import InputError
from medinjection.records.slurm_commands import run_slurm

_COLUMNS = "--format=%i|%j|%T|%u|%N|%M|%k"
# States of a job that has not begun, or is to begin again.
_WAITING = ("PENDING", "REQUEUED", "REQUEUE_HOLD", "REQUEUE_FED", "SPECIAL_EXIT")
_SECONDS = 60
_TRIES = 5


@dataclass(frozen=True, slots=True)
class QueuedJob:
    """A job that Slurm has not done with.

    Attributes:
        what: the rule and its wildcards.
        node: where it runs; empty while it waits.
        elapsed: how long it has run, as Slurm writes it.
    """

    number: str
    run_id: str
    state: str
    user: str
    node: str
    elapsed: str
    what: str

    @property
    def waits(self) -> bool:
        """Whether it has not begun."""
        return self.state in _WAITING


def jobs_in_queue(run_ids: Collection[str]) -> list[QueuedJob]:
    """Return the jobs of heads that wait or run, of whichever user.

    Raises:
        InputError: Slurm cannot be asked.
    """
    if not run_ids:
        return []
    said = _ask("squeue", "--noheader", f"--name={','.join(run_ids)}", _COLUMNS)
    rows = [line.strip().split("|", 6) for line in said.splitlines() if line.strip()]
    return [
        QueuedJob(number, name, state, user, node, elapsed, comment.removeprefix("rule_").replace("_wildcards_", " "))
        for number, name, state, user, node, elapsed, comment in rows
    ]


def cancel(jobs: Collection[QueuedJob]) -> None:
    """Cancel jobs. One that has ended meanwhile is no fault. Raises InputError as `jobs_in_queue` does."""
    if jobs:
        _ask("scancel", *(job.number for job in jobs))


def wait_until_gone(
    run_ids: Collection[str],
    numbers: Collection[str],
    seconds: float,
    say: Callable[[list[QueuedJob]], None],
    pause: Callable[[float], None] = time.sleep,
) -> None:
    """Wait until none of the jobs `numbers` is in the queue; what is left of them is said each time it gets fewer.

    Args:
        seconds: how long to wait between two looks.
    """
    before = None
    while left := [job for job in jobs_in_queue(run_ids) if job.number in numbers]:
        if len(left) != before:
            say(left)
            before = len(left)
        pause(seconds)


def _ask(*command: str) -> str:
    """Return what a command of Slurm says; a controller that is busy is asked again."""
    for tries in range(1, _TRIES + 1):
        try:
            done = run_slurm(*command, seconds=_SECONDS)
        except FileNotFoundError:
            raise InputError(f"{command[0]}: no such command; log in to a node of the cluster") from None
        except subprocess.TimeoutExpired:
            fault = f"no answer in {_SECONDS} s"
        else:
            if done.returncode == 0:
                return done.stdout
            fault = done.stderr.strip() or f"status {done.returncode}"
        if tries < _TRIES:
            time.sleep(tries)
    raise InputError(f"{command[0]} failed: {fault}")
