"""Which requests of the scripted server are hit by a fault, at which try."""

import json
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from medinjection.demo.server.counts import digest_of
from medinjection.demo.teacher.faults import (
    AUTHENTICATION_FAULTS,
    BATCH_FAULTS,
    CONTENT_FAULTS,
    LINE_FAULTS,
    TRANSPORT_FAULTS,
    check_shares,
    drawn_fault,
)

# From this try on a request gets through.
_LAST_SPOILED_TRY = 3


class Shares:
    """The share of requests for each fault.

    Raises:
        InputError: a name is none of SERVER_FAULTS, or shares that exclude one another are none that sum to at most 1.
    """

    def __init__(self, shares: Mapping[str, float]) -> None:
        check_shares(shares, TRANSPORT_FAULTS, AUTHENTICATION_FAULTS, CONTENT_FAULTS, BATCH_FAULTS, LINE_FAULTS)
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

    def _at_this_try(self, row: Sequence[str], digest: str) -> str | None:
        self._tries[digest] += 1
        number = self._tries[digest]
        return None if number > _LAST_SPOILED_TRY else self._draw(row, f"{digest}:{number}")

    def _draw(self, row: Sequence[str], key: str) -> str | None:
        return drawn_fault(row, self._shares, f"scripted server {row[0]}", key)
