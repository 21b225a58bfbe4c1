"""Rate limits that hold over all processes of a run: so many requests and tokens per minute for one model.

The generic cell rate algorithm (ITU-T I.371): the one number kept for a limit is the time at which all that was let
through would have arrived at an even pace. A request claims its place, then waits until that place comes.
"""

import time
from pathlib import Path

from medinjection.llm.limits.shared_file import shared_json

_MINUTE = 60.0
# So many seconds of the even pace may come at once.
_BURST_SECONDS = 1.0
# Clocks of machines differ a little; one that was set back further must not stop a run.
_CLOCK_SECONDS = 60.0


class RateLimiter:
    """The limits of one model.

    Args:
        path: the file that the processes share.
        requests_per_minute, tokens_per_minute: the limits; None for none.
    """

    def __init__(self, path: Path, requests_per_minute: int | None, tokens_per_minute: int | None) -> None:
        self._path = path
        limits = {"requests": requests_per_minute, "tokens": tokens_per_minute}
        self._seconds_each = {name: _MINUTE / limit for name, limit in limits.items() if limit}

    def claim(self, tokens: float) -> float:
        """Claim a place for a request of about so many tokens and return the seconds until it comes."""
        now = time.time()
        wait = 0.0
        with shared_json(self._path) as places:
            if places.get("seen", now) > now + _CLOCK_SECONDS:
                places.clear()
            places["seen"] = max(now, places.get("seen", now))
            for name, amount in (("requests", 1.0), ("tokens", tokens)):
                if seconds := self._seconds_each.get(name):
                    start = max(now, places.get(name, now))
                    places[name] = start + amount * seconds
                    wait = max(wait, start - now - _BURST_SECONDS)
        return max(wait, 0.0)

    def correct(self, tokens: float) -> None:
        """Add tokens that a request took beyond those claimed, or take off what it left."""
        if seconds := self._seconds_each.get("tokens"):
            with shared_json(self._path) as places:
                places["tokens"] = places.get("tokens", time.time()) + tokens * seconds
