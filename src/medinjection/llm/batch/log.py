"""The log of batches: what was given to a provider's batch interface, so that a restarted job finds it again.

It lies beside the journal, whose lock protects it, and holds one JSON object per line, appended and flushed:
`{tag, model, keys, shared}` before a batch is created, `{tag, batch}` before it is awaited, and `{tag, status}` when
all its answers are in the journal. It holds keys of requests, never questions, endpoints or secrets.
"""

import hashlib
import json
import logging
import os
from collections.abc import Container, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from medinjection.records.errors import InputError

_logger = logging.getLogger(__name__)

LOG_SUFFIX = ".batches.jsonl"


@dataclass(slots=True)
class Sent:
    """One batch: its tag, its model, the journal keys of its requests, and the provider's id once it is known to exist.

    A batch from which nothing more comes has no keys. One that another shard sent is `shared`: it holds requests of
    others too.
    """

    tag: str
    model: str
    keys: tuple[str, ...]
    batch: str | None = None
    shared: bool = False

    def end(self) -> None:
        """Forget the keys: nothing more comes of the batch."""
        self.keys = ()


class BatchLog:
    """The batches of one journal; no more than one process has it open, as it holds the journal's lock.

    Raises:
        InputError: a complete line of the file is not one that this class writes.
    """

    def __init__(self, journal_path: Path) -> None:
        self.path = journal_path.with_name(f"{journal_path.name}{LOG_SUFFIX}")
        self._sent: dict[str, Sent] = {}
        if self.path.exists():
            self._sent, end = _read(self.path)
            if end < self.path.stat().st_size:
                _logger.warning("%s: a last line was cut off by a killed job; it is removed", self.path)
                with open(self.path, "rb+") as file:
                    file.truncate(end)

    def intend(self, model: str, keys: Sequence[str]) -> Sent:
        """Note that a batch of `keys` is about to be created; its tag is the same in every run that comes this far."""
        content = "\n".join((model, str(len(self._sent)), *keys))
        sent = Sent(hashlib.sha256(content.encode()).hexdigest(), model, tuple(keys))
        self._note(sent)
        return sent

    def created(self, sent: Sent, batch: str) -> None:
        """Note the provider's id of a batch that exists."""
        sent.batch = batch
        self._append({"tag": sent.tag, "batch": batch})

    def settled(self, sent: Sent, status: str) -> None:
        """Note that nothing more comes of a batch, and why."""
        self._append({"tag": sent.tag, "status": status})
        sent.end()

    def under_way(self, keys: Container[str]) -> list[Sent]:
        """Return the batches without an end that hold at least one of `keys`, in the order they were sent."""
        return [sent for sent in self.all_under_way() if any(key in keys for key in sent.keys)]

    def all_under_way(self) -> Iterator[Sent]:
        """Yield the batches without an end, in the order they were sent."""
        return (sent for sent in self._sent.values() if sent.keys)

    def adopt(self, keys: Container[str]) -> None:
        """Take over what the logs beside this one say of `keys`: other shards sent them when there were more or fewer.

        The other logs stay as they are.
        """
        for path in sorted(self.path.parent.glob(f"*{LOG_SUFFIX}")):
            if path == self.path:
                continue
            for sent in _read(path)[0].values():
                wanted = tuple(key for key in sent.keys if key in keys)
                if wanted and sent.tag not in self._sent:
                    own = Sent(sent.tag, sent.model, wanted, shared=True)
                    self._note(own)
                    if sent.batch:
                        self.created(own, sent.batch)

    def _note(self, sent: Sent) -> None:
        self._append({"tag": sent.tag, "model": sent.model, "keys": sent.keys, "shared": sent.shared})
        self._sent[sent.tag] = sent

    def _append(self, content: dict[str, Any]) -> None:
        line = json.dumps(content).encode() + b"\n"
        with open(self.path, "ab", buffering=0) as file:
            end = file.seek(0, os.SEEK_END)
            try:
                if file.write(line) != len(line):
                    raise OSError("no space left")
            except OSError as error:
                file.truncate(end)
                raise InputError(f"{self.path}: cannot be written ({error}); free space and run again") from None


def _read(path: Path) -> tuple[dict[str, Sent], int]:
    """Return the batches of a log by their tag, those that have ended without keys, and where its last line ends."""
    batches: dict[str, Sent] = {}
    end = 0
    with open(path, "rb") as file:
        for number, line in enumerate(file, start=1):
            if not line.endswith(b"\n"):
                break
            try:
                _apply(batches, json.loads(line))
            except (ValueError, KeyError, TypeError):
                raise InputError(
                    f"{path}: line {number} is no line of a log of batches. Restore the file; without it, the requests "
                    "of batches under way are asked and paid for again"
                ) from None
            end += len(line)
    return batches, end


def _apply(batches: dict[str, Sent], content: dict[str, Any]) -> None:
    tag = content["tag"]
    if "keys" in content:
        batches[tag] = Sent(tag, content["model"], tuple(content["keys"]), shared=content["shared"])
    elif "batch" in content:
        batches[tag].batch = content["batch"]
    elif "status" in content:
        batches[tag].end()
    else:
        raise KeyError("status")
