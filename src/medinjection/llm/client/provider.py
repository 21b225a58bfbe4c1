"""One call to a provider through litellm, or to a script, under one retry policy: only this module knows providers."""

import asyncio
import email.utils
import logging
import os
import random
import socket
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import tenacity
from pydantic import BaseModel

from medinjection.llm.client.custom_provider import register_provider, scripted_model
from medinjection.llm.client.reply import Reply
from medinjection.llm.client.scripted_model import Busy, ScriptedModel
from medinjection.llm.language_model import LanguageModel
from medinjection.llm.limits.rate import RateLimiter
from medinjection.records.errors import InputError

_logger = logging.getLogger(__name__)

_SECRET_VARIABLES = ("KEY", "TOKEN", "SECRET", "PASSWORD")
_LONGEST_RETRY_AFTER = 3600.0
_TRANSIENT_STATUS = frozenset({408, 409, 425})
# Characters of a token, on the short side: a claim that is too large is corrected after the answer.
_CHARACTERS_PER_TOKEN = 3


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a failing call is tried, and between which bounds (seconds) the waits grow.

    A provider that says it is busy gets more tries than one that fails.
    """

    tries: int = 10
    first_wait: float = 1.0
    longest_wait: float = 60.0
    tries_when_limited: int = 60


class Refused(Exception):
    """The provider refuses this one request, whatever is tried."""


class Stopped(Exception):
    """The call was given up, because another one has ended the work of all."""


class Provider:
    """The provider behind a language model; litellm is imported at the first call, for a script not at all."""

    def __init__(
        self,
        llm: LanguageModel,
        patience: Patience,
        limiter: RateLimiter | None = None,
        answer_schema: type[BaseModel] | None = None,
    ) -> None:
        self.llm = llm
        self.patience = patience
        self.repeated: Counter[str] = Counter()
        self._limiter = limiter
        self._parameters = llm.parameters(answer_schema)
        self._closed_until = 0.0
        self._stop = asyncio.Event()

    async def call(self, messages: Sequence[dict[str, str]]) -> Reply:
        """Put `messages` to the model and return its reply; what passes by itself is waited out.

        Raises:
            Refused: this request is not answered (content policy, too long, malformed).
            Stopped: `stop` was called.
            InputError: no request is answered (key, model name, credit), or the endpoint stays out of reach.
        """
        passing = Busy if self._script else self._litellm.exceptions.openai.OpenAIError
        retrying = tenacity.AsyncRetrying(
            retry=tenacity.retry_if_exception(self._is_transient),
            wait=self._wait,
            stop=self._tried_enough,
            before_sleep=self._note,
            sleep=self._sleep,
            reraise=True,
        )
        try:
            reply: Reply = await retrying(self._try, list(messages))
        except passing as error:
            raise self._explained(error, retrying.statistics.get("attempt_number", 1)) from None
        return reply

    def correct_rate(self, messages: Sequence[dict[str, str]], reply: Reply) -> None:
        """Claim what an answer took beyond what was claimed for it, or give back what it left."""
        if self._limiter and reply.prompt_tokens is not None:
            taken = reply.prompt_tokens + (reply.completion_tokens or 0)
            self._limiter.correct(taken - self.max_request_tokens(messages))

    def stop(self) -> None:
        """Give up calls that wait; those that a provider is answering are not disturbed."""
        self._stop.set()

    async def _try(self, messages: list[dict[str, str]]) -> Reply:
        """Put `messages` once, when the limits allow it."""
        if self._limiter:
            await self._sleep(self._limiter.claim(self.max_request_tokens(messages)))
        while (closed := self._closed_until - time.monotonic()) > 0:
            await self._sleep(closed + random.uniform(0, self.patience.first_wait))
        if self._script:
            return self._script.reply(self.llm, messages)
        response = await self._litellm.acompletion(
            model=self.llm.name,
            api_base=self.llm.api_base,
            messages=messages,
            timeout=self.llm.timeout,
            max_retries=0,
            **self._parameters,
        )
        return _reply(response)

    def max_request_tokens(self, messages: Sequence[dict[str, str]]) -> int:
        """Return about the maximum of tokens that a request can take, prompt and answer (0 where it has no maximum)."""
        return self.max_prompt_tokens(messages) + (self.llm.max_tokens or 0)

    @staticmethod
    def max_prompt_tokens(messages: Sequence[dict[str, str]]) -> int:
        """Return about the maximum of tokens that the prompt of a request can have."""
        return sum(len(message["content"].encode()) for message in messages) // _CHARACTERS_PER_TOKEN + 1

    async def _sleep(self, seconds: float) -> None:
        """Wait, unless or until `stop` is called."""
        if seconds <= 0:
            return
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return
        raise Stopped

    def _tried_enough(self, state: tenacity.RetryCallState) -> bool:
        limited = isinstance(_error_of(state), Busy if self._script else self._litellm.RateLimitError)
        return state.attempt_number >= (self.patience.tries_when_limited if limited else self.patience.tries)

    async def close(self) -> None:
        """Close the connections of this event loop."""
        if "_litellm" in self.__dict__:
            await self._litellm.close_litellm_async_clients()

    @cached_property
    def _script(self) -> ScriptedModel | None:
        """What answers from a script; None where a language model answers."""
        return scripted_model(self.llm.name, self.llm.provider) if self.llm.provider else None

    @cached_property
    def _litellm(self) -> Any:
        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        import litellm
        from litellm.exceptions import BadRequestError

        litellm.suppress_debug_info = True
        litellm.telemetry = False
        for name in ("LiteLLM", "httpx", "openai"):
            logging.getLogger(name).setLevel(logging.ERROR)
        if self.llm.provider:
            register_provider(self.llm.name, self.llm.provider)
        try:
            litellm.get_llm_provider(self.llm.name, api_base=self.llm.api_base)
        except BadRequestError:
            raise InputError(
                f"{self.llm.name}: no such provider; a model is named <provider>/<model>, as in openai/gpt-4o"
            ) from None
        return litellm

    def _is_transient(self, error: BaseException) -> bool:
        """Whether trying again may help: rate limits, time-outs, connection and server errors; not spent credit."""
        if self._script:
            return isinstance(error, Busy)
        if "insufficient_quota" in f"{getattr(error, 'body', '')} {error}" or self._lacks_key(error):
            return False
        if _is_too_large(error):
            return False
        if isinstance(error, self._litellm.Timeout | self._litellm.APIConnectionError | self._litellm.RateLimitError):
            return True
        status = getattr(error, "status_code", None)
        return isinstance(status, int) and (status >= 500 or status in _TRANSIENT_STATUS)

    def _lacks_key(self, error: BaseException) -> bool:
        """Whether the key is missing or rejected; litellm reports a missing one as a server or connection error."""
        if getattr(error, "status_code", None) in (401, 403):
            return True
        text = str(error).lower()
        return any(word in text for word in ("credential", "api key", "api_key")) and bool(self._missing_keys())

    def _missing_keys(self) -> list[str]:
        return sorted(self._litellm.validate_environment(self.llm.name).get("missing_keys", []))

    def _wait(self, state: tenacity.RetryCallState) -> float:
        """Seconds to the next try: what Retry-After asks for, else growing at random, so that tries spread out."""
        asked = retry_after(_error_of(state))
        if asked is not None:
            # Requests that have not been sent yet would only be told the same.
            self._closed_until = max(self._closed_until, time.monotonic() + asked)
            return asked + tenacity.wait_random(0, self.patience.first_wait)(state)
        growing = tenacity.wait_random_exponential(self.patience.first_wait, self.patience.longest_wait)
        return growing(state)

    def _note(self, state: tenacity.RetryCallState) -> None:
        error = _error_of(state)
        kind = type(error).__name__
        self.repeated[kind] += 1
        if self.repeated[kind] == 1:
            _logger.warning("%s: trying again after %s", self.llm.name, first_line(error))

    def _explained(self, error: Exception, tries: int) -> Exception:
        """Return what to raise for a call that finally failed: for this request alone, or for all of them."""
        model = self.llm.name
        if self._lacks_key(error):
            missing = self._missing_keys()
            advice = f"set the environment variable {' or '.join(missing)}" if missing else "check its key"
            # Providers repeat parts of a rejected key in their message, so it is not shown.
            return InputError(f"{model}: the provider accepts no request ({type(error).__name__}): {advice}")
        if reason := _no_connection(error):
            address = readable(self.llm.api_base) if self.llm.api_base else "the provider"
            return InputError(f"{model}: no connection to {address} in {tries} tries ({reason})")
        if self._is_transient(error):
            return InputError(f"{model}: still failing after {tries} tries: {first_line(error)}")
        litellm = self._litellm
        refusals = (
            litellm.ContextWindowExceededError,
            litellm.ContentPolicyViolationError,
            litellm.UnprocessableEntityError,
            litellm.exceptions.RejectedRequestError,
        )
        if isinstance(error, refusals) or type(error) is litellm.BadRequestError or _is_too_large(error):
            return Refused(f"refused by the provider: {first_line(error)}")
        return InputError(f"{model}: {first_line(error)}")


def _reply(response: Any) -> Reply:
    """Return what is kept of a response of litellm's; Refused is raised where it holds no answer."""
    if not response.choices:
        raise Refused(f"the provider answered without a choice (request {response.id})")
    choice = response.choices[0]
    usage: Any = getattr(response, "usage", None)
    # litellm fills in 0 where an endpoint does not count; no prompt is that short.
    counted = bool(getattr(usage, "prompt_tokens", None))
    refusal = getattr(choice.message, "refusal", None)
    return Reply(
        provider_request_id=response.id,
        text=writable(choice.message.content or refusal or ""),
        finish_reason="refusal" if refusal else choice.finish_reason,
        prompt_tokens=usage.prompt_tokens if counted else None,
        completion_tokens=usage.completion_tokens if counted else None,
    )


def _error_of(state: tenacity.RetryCallState) -> BaseException:
    """Return what the last try of a call ended with, where it failed."""
    error = state.outcome.exception() if state.outcome else None
    assert error is not None
    return error


def _no_connection(error: BaseException) -> str:
    """Return why nothing answers at an address, as the operating system says it; empty where something does."""
    reason, cause = "", error.__cause__ or error.__context__
    while cause is not None:
        if isinstance(cause, ConnectionError):
            reason = os.strerror(cause.errno) if cause.errno else ""
        elif isinstance(cause, socket.gaierror):
            reason = cause.strerror or ""
        cause = cause.__cause__ or cause.__context__
    return reason


def _is_too_large(error: BaseException) -> bool:
    """Whether the request itself is too large; OpenAI says so of one above a limit per minute with status 429."""
    return getattr(error, "status_code", None) == 413 or "request too large" in str(error).lower()


def writable(text: str) -> str:
    """Return `text` without halves of surrogate pairs, which JSON can carry and UTF-8 cannot."""
    return text.encode("utf-8", "replace").decode("utf-8")


def retry_after(error: BaseException) -> float | None:
    """Return the seconds that a provider asks to wait, given as a number or a date (RFC 9110, 10.2.3), or None."""
    headers = getattr(error, "litellm_response_headers", None) or {}
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        date = email.utils.parsedate_tz(value)
        if date is None:
            return None
        seconds = email.utils.mktime_tz(date) - time.time()
    return min(max(seconds, 0.0), _LONGEST_RETRY_AFTER)


def first_line(error: BaseException) -> str:
    """Return the first line of an error's message, short, without the value of any secret of the environment."""
    return readable(str(error).strip().split("\n", 1)[0])


def readable(text: str) -> str:
    """Return a text for a person, short, without the value of any secret of the environment."""
    for name, value in os.environ.items():
        if name.upper().endswith(_SECRET_VARIABLES) and len(value) >= 8:
            text = text.replace(value, f"<{name}>")
    return text[:300]
