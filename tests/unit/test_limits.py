"""Rates that hold over processes."""

import time

import pytest
from support.asking import ask, requests
from support.endpoint import serving

from medinjection.llm.limits.account import Account
from medinjection.llm.limits.rate import RateLimiter

pytestmark = pytest.mark.usefixtures("key")


def test_claims_come_at_the_pace_that_is_allowed(tmp_path, monkeypatch):
    now = [1000.0]
    monkeypatch.setattr(time, "time", lambda: now[0])
    limiter, other = RateLimiter(tmp_path / "p", 120, None), RateLimiter(tmp_path / "p", 120, None)
    # Two a second: those of the first second at once, then one every half second, whoever asks.
    assert [limiter.claim(0), limiter.claim(0), other.claim(0), limiter.claim(0)] == pytest.approx([0, 0, 0, 0.5])
    now[0] += 60
    assert limiter.claim(0) == 0
    # However many wait, each has a time of its own; and a clock that is set back does not stop a run.
    waits = [limiter.claim(0) for _ in range(2000)]
    assert waits[-1] - waits[-2] == pytest.approx(0.5)
    assert waits[-1] > 990
    now[0] -= 500
    assert limiter.claim(0) == 0
    now[0] += 500
    tokens = RateLimiter(tmp_path / "t", None, 6000)
    assert [tokens.claim(150), tokens.claim(100)] == pytest.approx([0, 0.5])
    tokens.correct(-100)
    assert tokens.claim(10) == pytest.approx(0.5)


def test_requests_keep_to_the_rate(tmp_path):
    with serving(lambda *_: "ok") as endpoint:
        started = time.monotonic()
        ask(endpoint, tmp_path / "j", requests(12), Account(tmp_path), requests_per_minute=300)
    # Five a second with one second's worth at once: the twelfth comes 1.2 s after the first may, however late it is.
    assert max(endpoint.times) - started >= 1.2


def test_when_the_provider_closes_for_a_while_nothing_else_is_sent(tmp_path):
    def reply(messages, number):
        return {"status": 429, "headers": {"Retry-After": "1"}} if number == 1 else "ok"

    with serving(reply) as endpoint:
        ask(endpoint, tmp_path / "j", requests(30), concurrency=2)
        first = endpoint.times[0]
        # The one that was under way beside it, at most, came within that second.
        assert sum(at - first < 0.9 for at in endpoint.times) <= 3
        assert endpoint.requests == 31
