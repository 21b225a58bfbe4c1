"""Waiting for an event rather than for a time: a busy machine may take as long as it likes."""

import time
from collections.abc import Callable

# Far beyond what anything in the tests takes; where it passes, something hangs.
PATIENCE_SECONDS = 600.0


def wait_until(happened: Callable[[], object], what: str) -> None:
    """Return as soon as `happened()` is true.

    Raises:
        AssertionError: it never was; the message says `what` was waited for.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not happened():
        assert time.monotonic() < deadline, f"waited in vain: {what}"
        time.sleep(0.02)
