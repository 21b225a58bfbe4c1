"""How long a failing model is waited for: one policy for single requests and for batches."""

import logging
import random
import time
from collections import Counter
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import tenacity

from medinjection.llm.client.failures import Busy, TransientFailure, Unreachable
from medinjection.records.errors import InputError

_logger = logging.getLogger(__name__)

_Result = TypeVar("_Result")


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a failing call is tried, and between which bounds (seconds) the waits grow.

    A provider that says it is busy gets more tries than one that fails, and one that nothing was ever heard of gets
    fewer: its address may be wrong.
    """

    tries: int = 10
    first_wait: float = 1.0
    longest_wait: float = 60.0
    tries_when_busy: int = 60
    tries_when_never_reached: int = 5


class Retries:
    """The calls to one model, each tried until it passes or patience ends.

    Args:
        sleep: waits so many seconds between two tries.
        repeated: where tries that are repeated are counted, by kind of failure.
    """

    def __init__(
        self,
        model: str,
        patience: Patience,
        sleep: Callable[[float], Awaitable[None]],
        repeated: Counter[str] | None = None,
    ) -> None:
        self.patience = patience
        self.repeated: Counter[str] = Counter() if repeated is None else repeated
        self._model = model
        self._sleep = sleep
        self._reached = False
        self._closed_until = 0.0

    async def call(self, once: Callable[[], Awaitable[_Result]]) -> _Result:
        """Call `once`, and again while it raises TransientFailure and patience lasts.

        Raises:
            InputError: the last try failed as well. Any other error of `once` is passed on.
        """
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception_type(TransientFailure),
            wait=self._wait,
            stop=self._tried_enough,
            before_sleep=self._note,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            result: _Result = await retrying(once)
        except TransientFailure as failure:
            tries = retrying.statistics["attempt_number"]
            raise InputError(f"{self._model}: {failure.after(tries)}") from None
        self._reached = True
        return result

    async def wait_until_open(self) -> None:
        """Wait until the time is over that the provider asked to be left alone for."""
        while (closed := self._closed_until - time.monotonic()) > 0:
            await self._sleep(closed + random.uniform(0, self.patience.first_wait))

    def _tried_enough(self, state: tenacity.RetryCallState) -> bool:
        failure = _failure_of(state)
        tries = self.patience.tries
        if isinstance(failure, Busy):
            tries = self.patience.tries_when_busy
        elif isinstance(failure, Unreachable) and not self._reached:
            tries = min(tries, self.patience.tries_when_never_reached)
        return state.attempt_number >= tries

    def _wait(self, state: tenacity.RetryCallState) -> float:
        """Seconds to the next try: what the provider asks for, else growing at random, so that tries spread out."""
        asked = _failure_of(state).retry_after
        if asked is not None:
            # Requests that have not been sent yet would only be told the same.
            self._closed_until = max(self._closed_until, time.monotonic() + asked)
            return asked + tenacity.wait_random(0, self.patience.first_wait)(state)
        growing = tenacity.wait_random_exponential(self.patience.first_wait, self.patience.longest_wait)
        return growing(state)

    def _note(self, state: tenacity.RetryCallState) -> None:
        failure = _failure_of(state)
        self._reached = self._reached or not isinstance(failure, Unreachable)
        self.repeated[failure.kind] += 1
        if self.repeated[failure.kind] == 1:
            _logger.warning("%s: trying again after %s", self._model, failure)


def _failure_of(state: tenacity.RetryCallState) -> TransientFailure:
    """Return what the last try of a call ended with, where it failed."""
    failure = state.outcome.exception() if state.outcome else None
    assert isinstance(failure, TransientFailure)
    return failure
