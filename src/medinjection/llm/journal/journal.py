"""The journal: every answer of a language model, written as it arrives, so that none is paid for twice.

One JSON object per line, handed to the operating system at once. A journal is no declared output of a rule: it outlives
failed jobs, and a restarted job asks only what is not in it. It holds answers, never questions, endpoints or secrets.
"""

import hashlib
import json
import logging
from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, BinaryIO

from medinjection.llm.lock_files import locked
from medinjection.records.errors import InputError

_logger = logging.getLogger(__name__)

# The number of a file and a position in it are held as one integer.
_LONGEST_FILE = 2**48
# A job that was just stopped may still be writing what was under way.
_LOCK_SECONDS = 0.5


@dataclass(frozen=True, slots=True)
class Entry:
    """One answer: the key of its request, the model, the provider's id, the text, why it ended, its tokens.

    Attributes:
        cost: money that it cost when it was asked; None where a price was unknown.
        reasoning: what the model reasoned, where the provider gives that apart from the text.
    """

    key: str
    model: str
    provider_request_id: str | None
    text: str
    finish_reason: str | None
    prompt_tokens: int | None
    completion_tokens: int | None
    cost: float | None = None
    reasoning: str | None = None


def request_key(
    model: str, endpoint: str | None, messages: Sequence[Mapping[str, str]], parameters: Mapping[str, Any]
) -> str:
    """Return the SHA-256 (64 hex digits) of all that decides an answer.

    Args:
        endpoint: where the model is served, None for the provider's own address.
        parameters: what is sent beside the messages; concurrency, time limits and prices are no part of it.
    """
    content = {"model": model, "endpoint": endpoint, "messages": list(messages), "parameters": dict(parameters)}
    return hashlib.sha256(json.dumps(content, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


class Journal:
    """An append-only file of entries with one writer; use it in a `with` block.

    Only keys and positions are held in memory. A last line that a killed process left unfinished is cut off.

    Args:
        path: the file; it is made where there is none.
        earlier: other journals whose answers count too; they are only read.

    Raises:
        InputError: another process has the journal open.
    """

    def __init__(self, path: Path | str, earlier: Sequence[Path] = ()) -> None:
        self.path = Path(path)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self._held = ExitStack()
        busy = "another process writes this journal; wait for it or stop it"
        self._held.enter_context(locked(self.path, _LOCK_SECONDS, busy))
        self._places: dict[bytes, int] = {}
        self._own = 0
        self.cost = 0.0
        try:
            # Unbuffered: what a failed write left in a buffer would be written again later.
            self._writer = self._held.enter_context(self.path.open("ab", buffering=0))
            self._readers: list[BinaryIO] = []
            self._open_reader(self.path)
            for number, other in enumerate(earlier, start=1):
                self._open_reader(other)
                self._index(number, other)
            self._end = self._index(0, self.path)
        except BaseException:
            self.close()
            raise
        if self._places:
            _logger.info("%s: %d answers from earlier runs", self.path, len(self._places))

    def __enter__(self) -> "Journal":
        """Return the open journal."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close the file; every entry is on disk already."""
        self.close()

    def __len__(self) -> int:
        return self._own

    def close(self) -> None:
        """Release the file and its lock."""
        self._held.close()

    def get(self, key: str) -> Entry | None:
        """Return the entry of `key`, None where it was never answered."""
        place = self._places.get(short_key(key))
        if place is None:
            return None
        number, position = divmod(place, _LONGEST_FILE)
        self._readers[number].seek(position)
        return _entry(self._readers[number].readline())

    def append(self, entry: Entry) -> None:
        """Write `entry` and hand it to the operating system before returning: it survives a killed process.

        Raises:
            InputError: the file cannot be written, as on a full disk; what was written before is whole.
        """
        values = asdict(entry)
        if entry.reasoning is None:
            del values["reasoning"]  # as in most lines of most journals
        line = json.dumps(values, ensure_ascii=False).encode() + b"\n"
        try:
            if self._writer.write(line) != len(line):
                raise OSError("no space left")
        except OSError as error:
            self._writer.truncate(self._end)
            raise InputError(f"{self.path}: an answer cannot be written ({error}); free space and run again") from None
        self._keep(0, entry, self._end)
        self._end += len(line)

    def _open_reader(self, path: Path) -> None:
        self._readers.append(self._held.enter_context(path.open("rb")))

    def _index(self, number: int, path: Path) -> int:
        """Index the complete lines of a file and return where they end; an incomplete last line of ours is cut off."""
        end = 0
        for line_number, line in enumerate(self._readers[number], start=1):
            if not line.endswith(b"\n"):
                if number == 0:
                    _logger.warning("%s: line %d was cut off by a killed job; it is removed", path, line_number)
                    self._writer.truncate(end)
                break
            if entry := read_entry(line):
                self._keep(number, entry, end)
            else:
                _logger.warning("%s: line %d is not an entry; it is ignored", path, line_number)
            end += len(line)
        return end

    def _keep(self, number: int, entry: Entry, position: int) -> None:
        key = short_key(entry.key)
        if number == 0:
            self._own += key not in self._places or self._places[key] >= _LONGEST_FILE
            self.cost += entry.cost or 0.0
        self._places[key] = number * _LONGEST_FILE + position


def read_entry(line: bytes) -> Entry | None:
    """Return the entry of a line; None where it is none, or the line has no end."""
    if not line.endswith(b"\n"):
        return None
    try:
        entry = _entry(line)
    except (ValueError, TypeError):
        return None
    texts = isinstance(entry.key, str) and isinstance(entry.model, str) and isinstance(entry.text, str)
    numbers = (entry.prompt_tokens, entry.completion_tokens, entry.cost)
    return entry if texts and all(value is None or isinstance(value, int | float) for value in numbers) else None


def _entry(line: bytes) -> Entry:
    values = json.loads(line)
    # Journals that were paid for before the provider's id had a name of its own call it so.
    if "request_id" in values:
        values["provider_request_id"] = values.pop("request_id")
    return Entry(**values)


def short_key(key: str) -> bytes:
    """Return 16 bytes for a key: with half a million keys, memory counts."""
    return hashlib.blake2b(key.encode(), digest_size=16).digest()
