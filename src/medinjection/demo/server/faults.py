"""Which requests of the scripted server are hit by a fault, and what the server counts.

A fault of the transport is drawn from the request's bytes and the number of the try, so that runs repeat and a request
gets through at a later try; a fault of the content is drawn from the messages alone, so that the same question always
gets the same answer and only other words may get a better one.
"""

import hashlib
import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from medinjection.records.errors import InputError
from medinjection.records.sampling import unit_interval

TRANSPORT_FAULTS = ("rate_limit", "rate_limit_bare", "server_error", "hang", "slow", "cut", "invalid_json")
AUTHENTICATION_FAULTS = ("unauthorized",)
CONTENT_FAULTS = ("prose", "wrong_schema", "truncated", "refusal", "content_filter")
BATCH_FAULTS = ("batch_failed", "batch_expired")
LINE_FAULTS = ("batch_error_line",)
FAULTS = TRANSPORT_FAULTS + AUTHENTICATION_FAULTS + CONTENT_FAULTS + BATCH_FAULTS + LINE_FAULTS

# From this try on a request gets through.
_LAST_SPOILED_TRY = 3


class Shares:
    """The share of requests for each fault.

    Raises:
        InputError: a name is none of FAULTS, or the shares that exclude one another are none that sum to at most 1.
    """

    def __init__(self, shares: Mapping[str, float]) -> None:
        for name, share in shares.items():
            if name not in FAULTS:
                raise InputError(f"faults: {name!r} is unknown, expected one of {', '.join(FAULTS)}")
            if isinstance(share, bool) or not isinstance(share, int | float) or not 0 <= share <= 1:
                raise InputError(f"faults: {name} is {share!r}, expected a share from 0 to 1")
        for group in (TRANSPORT_FAULTS, CONTENT_FAULTS, BATCH_FAULTS):
            if (total := sum(shares.get(name, 0.0) for name in group)) > 1:
                raise InputError(f"faults: the shares of {', '.join(group)} sum to {total:g}, expected at most 1")
        self._shares = {name: share for name, share in shares.items() if share}
        self._tries: Counter[str] = Counter()

    @property
    def of_content(self) -> bool:
        """Whether any answer is spoiled in its content."""
        return any(name in CONTENT_FAULTS for name in self._shares)

    def transport(self, digest: str) -> str | None:
        """Return the fault of this try of the request, and count the try."""
        if not self._shares:
            return None
        return self.authentication(digest) or self._at_this_try(TRANSPORT_FAULTS, digest)

    def authentication(self, key: str) -> str | None:
        """Return the fault of a request's authentication, the same at every try."""
        return self._draw(AUTHENTICATION_FAULTS, key)

    def content(self, model: str, messages: Sequence[Mapping[str, Any]]) -> str | None:
        """Return the fault of the answer to these messages."""
        if not self.of_content:
            return None
        text = json.dumps([model, list(messages)], ensure_ascii=False, sort_keys=True)
        return self._draw(CONTENT_FAULTS, digest_of(text.encode()))

    def batch(self, digest: str) -> str | None:
        """Return the fault of a batch by its input file, and count how often the file was handed in."""
        return self._at_this_try(BATCH_FAULTS, digest)

    def line(self, digest: str) -> str | None:
        """Return the fault of a batch's line, and count how often the line was handed in."""
        return self._at_this_try(LINE_FAULTS, digest)

    def _at_this_try(self, group: Sequence[str], digest: str) -> str | None:
        self._tries[digest] += 1
        number = self._tries[digest]
        return None if number > _LAST_SPOILED_TRY else self._draw(group, f"{digest}:{number}")

    def _draw(self, group: Sequence[str], key: str) -> str | None:
        place = unit_interval(f"scripted server {group[0]}", key)
        for name in group:
            share = self._shares.get(name, 0.0)
            if place < share:
                return name
            place -= share
        return None


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
