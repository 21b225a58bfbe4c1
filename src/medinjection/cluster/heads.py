"""Heads: the Snakemake processes that submit a run's jobs. Each has a note while it runs; a killed one leaves it."""

import json
import logging
import os
import socket
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from medinjection.records.errors import InputError
from medinjection.records.files import write_text

# What two readings of a process's start may differ by.
_CLOCK_SECONDS = 2.0
_logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Head:
    """One head.

    Attributes:
        run_id: the name of all its jobs in Slurm.
        since: when its process began, in seconds since 1970 by the clock of `host`.
        command: the arguments of `snakemake`.
        jobs: what defines each job that it set out to do (`jobs.definition_of`), by its first output.
    """

    run_id: str
    user: str
    host: str
    process: int
    since: float
    command: tuple[str, ...]
    jobs: dict[str, str]

    @property
    def is_here(self) -> bool:
        """Whether it ran on this machine, so that it can be known whether it still does."""
        return self.host == socket.gethostname()

    @property
    def runs(self) -> bool:
        """Whether its process runs on this machine."""
        import psutil

        try:
            return self.is_here and abs(psutil.Process(self.process).create_time() - self.since) < _CLOCK_SECONDS
        except psutil.NoSuchProcess:
            return False


def notes_folder(run_folder: str) -> Path:
    """Return the folder of the notes of a run's heads."""
    return Path(run_folder) / "heads"


def user_name() -> str:
    """Return the name of who runs this process, the number where it has none."""
    import psutil

    return psutil.Process().username()


def note_head(folder: Path, run_id: str, command: Sequence[str], jobs: Mapping[str, str]) -> Path:
    """Write the note of this process, which is the head `run_id`; return its file, to remove in the end.

    Raises:
        InputError: it cannot be written, as on a full disk.
    """
    import psutil

    since = psutil.Process().create_time()
    head = Head(run_id, user_name(), socket.gethostname(), os.getpid(), since, tuple(command), dict(jobs))
    path = folder / f"{run_id}.json"
    try:
        write_text(path, json.dumps(asdict(head), indent=2) + "\n")
    except OSError as error:
        raise InputError(f"{path}: cannot be written ({error.strerror}); make room, or give the rights") from None
    return path


def noted_heads(folder: Path) -> dict[Path, Head]:
    """Return the heads that left a note, by its file, the oldest first; what is no note is passed over, and logged."""
    found = {}
    for path in sorted(folder.glob("*.json"), key=lambda path: path.stat().st_mtime):
        try:
            values = json.loads(path.read_text(encoding="utf-8"))
            found[path] = Head(**values | {"command": tuple(values["command"])})
        except (OSError, ValueError, TypeError, KeyError) as error:
            _logger.warning("%s: is no note of a process that submits jobs (%r): passed over", path, error)
    return found
