"""Prompts worked off in batches; answers are kept chunk by chunk, so that a killed job goes on where it was."""

import hashlib
import json
import logging
import os
import time
from collections.abc import Callable, Sequence
from itertools import groupby
from pathlib import Path
from typing import Any

from medinjection.models.memory import OutOfMemory, free_memory, is_out_of_memory
from medinjection.progress import progress_bar
from medinjection.records.errors import InputError

# A chunk is written after this many answers or seconds, whichever comes first: what a killed job does again.
CHUNK_ANSWERS = 256
_SECONDS = 30.0
_logger = logging.getLogger(__name__)


class Chunks:
    """Answers (JSON values) in the order of work, kept in memory and in a file that is only ever appended to.

    A line of the file is a chunk: its answers, how many stand before them, what made them (batch size, hardware), and a
    checksum of all that.
    Whoever opens the file vouches that it is about the same prompts and model (`models.files.stamps`).

    Attributes:
        answers: all answers so far.
        resumed: how many of them an earlier job has left.
    """

    def __init__(
        self,
        path: Path | None = None,
        hardware: str = "",
        size: int = CHUNK_ANSWERS,
        on_chunk: Callable[[], None] | None = None,
    ) -> None:
        """Read the whole chunks of an earlier job; from a line that was cut off or damaged on, the file is cut.

        Args:
            path: the file, JSON lines; without one, answers are kept in memory alone.
            hardware: what a chunk says of where it was made.
            size: answers of a chunk, at least.
            on_chunk: called after each chunk that is kept.
        """
        self.size = size
        self._on_chunk = on_chunk
        self.answers: list[Any] = []
        self._path = path
        self._hardware = hardware
        self._origins: list[dict[str, Any]] = []
        if path is not None and path.is_file():
            self._read(path)
        self.resumed = len(self.answers)

    def _read(self, path: Path) -> None:
        whole = 0
        with open(path, "rb") as lines:
            for line in lines:
                chunk = _whole_chunk(line)
                if chunk is None or chunk["after"] != len(self.answers):
                    break
                whole += len(line)
                self._take(chunk)
        if whole < path.stat().st_size:
            _logger.warning(
                "%s: a chunk was cut off or damaged; it and what follows is made again, after %d answers",
                path,
                len(self.answers),
            )
            os.truncate(path, whole)

    def append(self, answers: Sequence[Any], asked: int, batch_size: int) -> None:
        """Keep a chunk, all the way to the disk.

        Args:
            asked: the batch size that the job was started with.
            batch_size: what the memory left of it.

        Raises:
            InputError: it cannot be written, as on a full disk.
        """
        chunk = {
            "after": len(self.answers),
            "asked": asked,
            "batch_size": batch_size,
            "hardware": self._hardware,
            "answers": answers,
        }
        if self._path is not None:
            _append_line(self._path, json.dumps({"sha256": _checksum(chunk), **chunk}))
        self._take(chunk)
        if self._on_chunk:
            self._on_chunk()

    def _take(self, chunk: dict[str, Any]) -> None:
        self.answers += chunk["answers"]
        self._origins.append(chunk | {"answers": len(chunk["answers"])})

    def batch_size(self, asked: int) -> int:
        """Return the batch size to go on with: what memory left of `asked`, if the earlier job asked for as many."""
        last = self._origins[-1] if self._origins else None
        return last["batch_size"] if last and last["asked"] == asked else asked

    def parts(self) -> list[dict[str, Any]]:
        """Return how many prompts in a row were answered with which batch size on which hardware."""
        same = groupby(self._origins, key=lambda origin: (origin["batch_size"], origin["hardware"]))
        return [
            {"prompts": sum(origin["answers"] for origin in part), "batch_size": batch_size, "hardware": hardware}
            for (batch_size, hardware), part in same
        ]


def _append_line(path: Path, line: str) -> None:
    try:
        with open(path, "ab") as file:
            file.write(line.encode() + b"\n")
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise InputError(
            f"{path}: answers cannot be kept ({error.strerror}). Once they can, run again: it goes on from the last "
            "whole chunk"
        ) from error


def _whole_chunk(line: bytes) -> dict[str, Any] | None:
    """Return what a line holds, None where it was cut off or is not as it was written."""
    try:
        chunk = json.loads(line) if line.endswith(b"\n") else None
    except ValueError:
        return None
    if not isinstance(chunk, dict):
        return None
    return chunk if chunk.pop("sha256", None) == _checksum(chunk) else None


def _checksum(chunk: dict[str, Any]) -> str:
    return hashlib.sha256(json.dumps(chunk).encode()).hexdigest()


def work_off(
    order: Sequence[int],
    batch_size: int,
    answer: Callable[[Sequence[int]], list[Any]],
    chunks: Chunks,
    description: str,
) -> dict[int, Any]:
    """Return place -> answer for each place of `order`, worked off in that order, `batch_size` places at a time.

    What `chunks` has already is not asked again. A batch that does not fit into the memory is halved, and so are all
    that follow; the log says so. A chunk ends where a batch ends: a job that goes on forms the batches that one
    without interruption forms, so that not even rounding differs.

    Args:
        answer: from places to their answers, JSON values.

    Raises:
        InputError: the batch size is below 1, or a single prompt does not fit.
    """
    if batch_size < 1:
        raise InputError(f"batch size {batch_size}, expected at least 1")
    if chunks.resumed:
        _logger.info("%s: %d of %d prompts were answered by an earlier job", description, chunks.resumed, len(order))
    asked, batch_size = batch_size, chunks.batch_size(batch_size)
    waiting: list[Any] = []
    written = time.monotonic()
    with progress_bar(len(order), description, unit="prompts") as bar:
        bar.update(len(chunks.answers))
        while (start := len(chunks.answers) + len(waiting)) < len(order):
            places = order[start : start + batch_size]
            answers = _answers_that_fit(places, answer)
            if answers is None:
                batch_size = len(places) // 2
                _logger.warning("out of memory with %d prompts together: going on with %d", len(places), batch_size)
                free_memory()
                continue
            waiting += answers
            bar.update(len(places))
            last = start + len(places) == len(order)
            if last or len(waiting) >= chunks.size or time.monotonic() - written >= _SECONDS:
                chunks.append(waiting, asked, batch_size)
                waiting, written = [], time.monotonic()
    return dict(zip(order, chunks.answers, strict=True))


def _answers_that_fit(places: Sequence[int], answer: Callable[[Sequence[int]], list[Any]]) -> list[Any] | None:
    """Return the answers, None where they do not fit into the memory together."""
    try:
        return answer(places)
    except Exception as error:
        if not is_out_of_memory(error):
            raise
        if len(places) == 1:
            raise OutOfMemory("out of memory with a single prompt: a device with more memory is needed") from error
    return None
