"""The log of batches: what was given to a provider's batch interface, so that a restarted job finds it again.

It lies beside the journal, whose lock protects it, and holds one JSON object a line, appended and flushed:
`{tag, model, keys}` before a batch is created, `{tag, batch}` before it is awaited, and `{tag, status}` when all its
answers are in the journal. It holds keys of requests, never questions, endpoints or secrets.
"""

import hashlib
import json
import logging
from collections.abc import Container, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_logger = logging.getLogger(__name__)


@dataclass(slots=True)
class Sent:
    """One batch: its tag, the journal keys of its requests, and the provider's id where it is known to exist."""

    tag: str
    keys: tuple[str, ...]
    batch: str | None = None


class BatchLog:
    """The batches of one journal; at most one process has it open, as it holds the journal's lock."""

    def __init__(self, journal_path: Path) -> None:
        self.path = journal_path.with_name(f"{journal_path.name}.batches.jsonl")
        self._open: dict[str, Sent] = {}
        self._intents = 0
        if self.path.exists():
            self._load()

    def intend(self, model: str, keys: Sequence[str]) -> Sent:
        """Note that a batch of `keys` is about to be created; its tag is the same in every run that comes this far."""
        content = "\n".join((model, str(self._intents), *keys))
        sent = Sent(hashlib.sha256(content.encode()).hexdigest(), tuple(keys))
        self._append({"tag": sent.tag, "model": model, "keys": sent.keys})
        self._intents += 1
        self._open[sent.tag] = sent
        return sent

    def created(self, sent: Sent, batch: str) -> None:
        """Note the provider's id of a batch that exists."""
        sent.batch = batch
        self._append({"tag": sent.tag, "batch": batch})

    def settled(self, sent: Sent, status: str) -> None:
        """Note that nothing more comes of a batch, and why."""
        self._append({"tag": sent.tag, "status": status})
        del self._open[sent.tag]

    def under_way(self, keys: Container[str]) -> list[Sent]:
        """Return the batches without an end that hold at least one of `keys`, in the order they were sent."""
        return [sent for sent in self._open.values() if any(key in keys for key in sent.keys)]

    def _append(self, content: dict[str, Any]) -> None:
        with open(self.path, "ab", buffering=0) as file:
            file.write(json.dumps(content).encode() + b"\n")

    def _load(self) -> None:
        """Read the complete lines and cut off an incomplete last one."""
        end = 0
        with open(self.path, "rb+") as file:
            for number, line in enumerate(file, start=1):
                if not line.endswith(b"\n"):
                    _logger.warning("%s: line %d was cut off by a killed job; it is removed", self.path, number)
                    file.truncate(end)
                    break
                self._apply(json.loads(line))
                end += len(line)

    def _apply(self, content: dict[str, Any]) -> None:
        tag = content["tag"]
        if "keys" in content:
            self._open[tag] = Sent(tag, tuple(content["keys"]))
            self._intents += 1
        elif "batch" in content:
            self._open[tag].batch = content["batch"]
        else:
            del self._open[tag]
