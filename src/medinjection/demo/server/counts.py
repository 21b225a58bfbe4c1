"""What the scripted server saw and said."""

import hashlib
from collections import Counter
from typing import Any


class Counts:
    """What the server saw and said: of requests one by one, or of the lines of batches.

    received = answered + failed + abandoned + in_progress; an answer counts when its last byte is handed over.
    """

    def __init__(self) -> None:
        self.received = self.failed = self.abandoned = 0
        self.by_fault: Counter[str] = Counter()
        self._answers: Counter[str] = Counter()
        self._well: set[str] = set()

    def answer(self, digest: str, content_fault: str | None = None) -> None:
        """Count a whole answer to the request with this digest."""
        self._answers[digest] += 1
        if content_fault is None:
            self._well.add(digest)
        else:
            self.by_fault[content_fault] += 1

    def fail(self, fault: str) -> None:
        """Count a request that gets no whole answer, by its fault."""
        self.failed += 1
        self.by_fault[fault] += 1

    def as_dict(self, ids: bool = False) -> dict[str, Any]:
        """Return all counts; with `ids` also how often each request was answered, by the id in its answers."""
        answered = self._answers.total()
        counts = {
            "received": self.received,
            "answered": answered,
            "answered_distinct": len(self._answers),
            "answered_well": len(self._well),
            "repeated_answered": answered - len(self._answers),
            "failed": self.failed,
            "abandoned": self.abandoned,
            "in_progress": self.received - answered - self.failed - self.abandoned,
            "by_fault": dict(sorted(self.by_fault.items())),
        }
        return counts | ({"ids": {answer_id(digest): n for digest, n in self._answers.items()}} if ids else {})


def digest_of(content: bytes) -> str:
    """Return the SHA-256 of a request's bytes (64 hex digits)."""
    return hashlib.sha256(content).hexdigest()


def answer_id(digest: str) -> str:
    """Return the id that answers to the request with this digest carry."""
    return f"chatcmpl-{digest[:24]}"
