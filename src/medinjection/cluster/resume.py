"""Going on after a head was killed: its jobs in the queue are waited for or cancelled, so that nothing runs twice."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from medinjection.cluster.heads import Head, noted_heads
from medinjection.cluster.queue import QueuedJob, cancel, jobs_in_queue, wait_until_gone
from medinjection.records.errors import InputError

Say = Callable[[str], None]
# Between two looks at the queue.
SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Choices:
    """What a person decides.

    Attributes:
        stop_running: cancel running jobs too, instead of waiting for them; each goes on later from what it has kept.
        head_is_dead: take a head for dead that ran on another machine.
        seconds: how long to wait between two looks at the queue.
    """

    stop_running: bool = False
    head_is_dead: bool = False
    seconds: float = SECONDS


def settle_heads(folder: Path, choices: Choices, say: Say) -> Head | None:
    """Deal with all that killed heads of a run have left in the queue; return the last of them, None for none.

    Queued jobs are cancelled, running ones waited for.

    Args:
        folder: notes of the run's heads.

    Raises:
        InputError: a head still runs, or may; or a job is another user's and cannot be cancelled.
    """
    heads = list(noted_heads(folder).values())
    if not heads:
        return None
    for head in heads:
        _check_dead(head, choices)
    say(f"{len(heads)} head(s) of this run were killed: {', '.join(map(_named, heads))}")
    run_ids = [head.run_id for head in heads]
    found = jobs_in_queue(run_ids)
    to_cancel = [job for job in found if job.waits or choices.stop_running]
    if to_cancel:
        say(f"cancelling {len(to_cancel)} job(s) of it: {_listed(to_cancel)}")
        _cancel(to_cancel)
    # One that began between the look and the cancelling is cancelled too, and gone when it has ended.
    if found:
        wait_until_gone(run_ids, [job.number for job in found], choices.seconds, lambda left: say(_waiting(left)))
    elif not to_cancel:
        say("none of its jobs is in the queue")
    return heads[-1]


def leftovers(folder: Path) -> list[QueuedJob]:
    """Return the jobs in the queue of heads that no longer run, or ran elsewhere; empty where no head has a note.

    Raises:
        InputError: Slurm cannot be asked.
    """
    return jobs_in_queue([head.run_id for head in noted_heads(folder).values() if not head.runs])


def described(jobs: Sequence[QueuedJob]) -> str:
    """Return jobs as a sentence names them: the first few, and how many more."""
    return _listed(jobs)


def _check_dead(head: Head, choices: Choices) -> None:
    if head.runs:
        raise InputError(
            f"the run goes on: its head is process {head.process} of this machine, started by {head.user}; there is "
            f"nothing to resume. To stop it, press Ctrl-C where it runs, or kill -INT {head.process}"
        )
    if not head.is_here and not choices.head_is_dead:
        raise InputError(
            f"the head of this run is or was process {head.process} of {head.host}, started by {head.user}; from here "
            f"it cannot be seen whether it runs. Log in to {head.host} and resume there; where that machine was "
            "restarted or the process is gone, add --head-is-dead (make resume DEAD=1)"
        )


def _cancel(jobs: Sequence[QueuedJob]) -> None:
    try:
        cancel(jobs)
    except InputError as error:
        owners = ", ".join(sorted({job.user for job in jobs}))
        raise InputError(f"{error}; the jobs belong to {owners}, who may cancel them") from None


def _named(head: Head) -> str:
    return f"process {head.process} of {head.host} (run id {head.run_id})"


def _listed(jobs: Sequence[QueuedJob], most: int = 5) -> str:
    named = [f"{job.number} ({job.what})" for job in jobs[:most]]
    return ", ".join(named) + (f" and {len(jobs) - most} more" if len(jobs) > most else "")


def _waiting(left: Sequence[QueuedJob]) -> str:
    return f"waiting for {len(left)} job(s) of it that run: {_listed(left)}"
