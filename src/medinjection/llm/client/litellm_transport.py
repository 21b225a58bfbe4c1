"""Requests through litellm, and what its errors mean."""

import email.utils
import logging
import os
import socket
import time
from collections.abc import Mapping, Sequence
from functools import cached_property
from typing import Any

from medinjection.llm.client.custom_provider import register_provider
from medinjection.llm.client.failures import Busy, Refused, TransientFailure, Unreachable
from medinjection.llm.client.messages import first_line, readable, writable
from medinjection.llm.client.reply import Reply
from medinjection.llm.client.transport import Transport
from medinjection.llm.language_model import LanguageModel
from medinjection.records.errors import InputError

_LONGEST_RETRY_AFTER = 3600.0
# Seconds in which a server that runs accepts a connection, however long it then takes to answer.
_LONGEST_CONNECT = 20.0
_TRANSIENT_STATUS = frozenset({408, 409, 425})


class LitellmTransport(Transport):
    """The way through litellm, which is imported at the first call."""

    def __init__(self, llm: LanguageModel) -> None:
        self._llm = llm

    async def send(
        self, llm: LanguageModel, messages: Sequence[Mapping[str, str]], parameters: Mapping[str, Any], /
    ) -> Reply:
        """Put `messages` to `llm` and return its reply."""
        import httpx

        try:
            response = await self.litellm.acompletion(
                model=llm.name,
                api_base=llm.api_base,
                messages=messages,
                timeout=httpx.Timeout(llm.timeout, connect=min(llm.timeout, _LONGEST_CONNECT)),
                max_retries=0,
                **parameters,
            )
        except self.litellm.exceptions.openai.OpenAIError as error:
            raise self.failure(error, llm.api_base) from None
        return _reply(response)

    async def close(self) -> None:
        """Close the connections of this event loop."""
        if "litellm" in self.__dict__:
            await self.litellm.close_litellm_async_clients()

    @cached_property
    def litellm(self) -> Any:
        """The package, ready for requests to the model.

        Raises:
            InputError: litellm knows no provider of that name.
        """
        os.environ.setdefault("LITELLM_LOCAL_MODEL_COST_MAP", "True")
        import litellm
        from litellm.exceptions import BadRequestError

        litellm.suppress_debug_info = True
        litellm.telemetry = False
        for name in ("LiteLLM", "httpx", "openai"):
            logging.getLogger(name).setLevel(logging.ERROR)
        if self._llm.provider:
            register_provider(self._llm.name, self._llm.provider)
        try:
            litellm.get_llm_provider(self._llm.name, api_base=self._llm.api_base)
        except BadRequestError:
            raise InputError(
                f"{self._llm.name}: no such provider; a model is named <provider>/<model>, as in openai/gpt-4o"
            ) from None
        return litellm

    def failure(self, error: Exception, api_base: str | None) -> TransientFailure | Refused | InputError:
        """Return what an error of litellm's means: for this try, for this request, or for all of them."""
        model = self._llm.name
        if self._lacks_key(error):
            missing = self._missing_keys()
            advice = f"set the environment variable {' or '.join(missing)}" if missing else "check its key"
            # Providers repeat parts of a rejected key in their message, so it is not shown.
            return InputError(f"{model}: the provider accepts no request ({type(error).__name__}): {advice}")
        if self._is_transient(error):
            kind, reason = type(error).__name__, first_line(error)
            if unreachable := _no_connection(error):
                return Unreachable(unreachable, readable(api_base) if api_base else "the provider", kind)
            limited = isinstance(error, self.litellm.RateLimitError)
            return (Busy if limited else TransientFailure)(reason, kind, retry_after(error))
        if self._is_refusal(error):
            return Refused(f"refused by the provider: {first_line(error)}")
        return InputError(f"{model}: {first_line(error)}")

    def _is_transient(self, error: Exception) -> bool:
        """Whether trying again may help: rate limits, time-outs, connection and server errors; not spent credit."""
        if "insufficient_quota" in f"{getattr(error, 'body', '')} {error}" or _is_too_large(error):
            return False
        if isinstance(error, self.litellm.Timeout | self.litellm.APIConnectionError | self.litellm.RateLimitError):
            return True
        status = getattr(error, "status_code", None)
        return isinstance(status, int) and (status >= 500 or status in _TRANSIENT_STATUS)

    def _is_refusal(self, error: Exception) -> bool:
        """Whether it is this request that the provider does not answer."""
        refusals = (
            self.litellm.ContextWindowExceededError,
            self.litellm.ContentPolicyViolationError,
            self.litellm.UnprocessableEntityError,
            self.litellm.exceptions.RejectedRequestError,
        )
        return isinstance(error, refusals) or type(error) is self.litellm.BadRequestError or _is_too_large(error)

    def _lacks_key(self, error: Exception) -> bool:
        """Whether the key is missing or rejected; litellm reports a missing one as a server or connection error."""
        if getattr(error, "status_code", None) in (401, 403):
            return True
        text = str(error).lower()
        return any(word in text for word in ("credential", "api key", "api_key")) and bool(self._missing_keys())

    def _missing_keys(self) -> list[str]:
        return sorted(self.litellm.validate_environment(self._llm.name).get("missing_keys", []))


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
        reasoning=_reasoning(choice.message),
    )


def _reasoning(message: Any) -> str | None:
    """Return what litellm finds apart from the text: in a field of the message, or between tags before it."""
    found = getattr(message, "reasoning_content", None)
    return writable(found) if found else None


def _no_connection(error: Exception) -> str:
    """Return why nothing answers at an address, as the operating system says it; empty where something does."""
    import httpx

    reason = ""
    cause: BaseException | None = error.__cause__ or error.__context__
    while cause is not None:
        if isinstance(cause, ConnectionError):
            reason = os.strerror(cause.errno) if cause.errno else ""
        elif isinstance(cause, socket.gaierror):
            reason = cause.strerror or ""
        elif isinstance(cause, httpx.ConnectTimeout):
            reason = "no answer to the connection"
        cause = cause.__cause__ or cause.__context__
    return reason


def _is_too_large(error: Exception) -> bool:
    """Whether the request itself is too large; OpenAI says so of one above a limit per minute with status 429."""
    return getattr(error, "status_code", None) == 413 or "request too large" in str(error).lower()


def retry_after(error: Exception) -> float | None:
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
