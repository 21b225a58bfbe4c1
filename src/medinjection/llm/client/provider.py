"""Requests to one language model: within its limits, each tried until it passes or patience ends."""

import asyncio
from collections import Counter
from collections.abc import Sequence

from pydantic import BaseModel

from medinjection.llm.client.custom_provider import scripted_model
from medinjection.llm.client.failures import Stopped
from medinjection.llm.client.litellm_transport import LitellmTransport
from medinjection.llm.client.reply import Reply
from medinjection.llm.client.retries import Patience, Retries
from medinjection.llm.client.transport import Transport
from medinjection.llm.language_model import LanguageModel
from medinjection.llm.limits.rate import RateLimiter

# Characters of a token, on the short side: a claim that is too large is corrected after the answer.
_CHARACTERS_PER_TOKEN = 3


class Provider:
    """What answers for a language model, asked within its rates and with patience.

    Args:
        repeated: where tries that are repeated are counted, by kind of failure.
    """

    def __init__(
        self,
        llm: LanguageModel,
        patience: Patience,
        limiter: RateLimiter | None = None,
        answer_schema: type[BaseModel] | None = None,
        repeated: Counter[str] | None = None,
    ) -> None:
        self.llm = llm
        self._limiter = limiter
        self._parameters = llm.parameters(answer_schema)
        self._retries = Retries(llm.name, patience, self._sleep, repeated)
        self._stop = asyncio.Event()
        self._transport: Transport | None = None

    async def call(self, messages: Sequence[dict[str, str]]) -> Reply:
        """Put `messages` to the model and return its reply; what passes by itself is waited out.

        Raises:
            Refused: this request is not answered (content policy, too long, malformed).
            Stopped: `stop` was called.
            InputError: no request is answered (key, model name, credit), or the endpoint stays out of reach.
        """
        transport = self._transport = self._transport or _transport_of(self.llm)

        async def once() -> Reply:
            if self._limiter:
                await self._sleep(self._limiter.claim(self.max_request_tokens(messages)))
            await self._retries.wait_until_open()
            return await transport.send(self.llm, list(messages), self._parameters)

        return await self._retries.call(once)

    def correct_rate(self, messages: Sequence[dict[str, str]], reply: Reply) -> None:
        """Claim what an answer took beyond what was claimed for it, or give back what it left."""
        if self._limiter and reply.prompt_tokens is not None:
            taken = reply.prompt_tokens + (reply.completion_tokens or 0)
            self._limiter.correct(taken - self.max_request_tokens(messages))

    def stop(self) -> None:
        """Give up calls that wait; those that a provider is answering are not disturbed."""
        self._stop.set()

    def max_request_tokens(self, messages: Sequence[dict[str, str]]) -> int:
        """Return about the maximum of tokens that a request can take, prompt and answer (0 where it has no maximum)."""
        return self.max_prompt_tokens(messages) + (self.llm.max_tokens or 0)

    @staticmethod
    def max_prompt_tokens(messages: Sequence[dict[str, str]]) -> int:
        """Return about the maximum of tokens that the prompt of a request can have."""
        return sum(len(message["content"].encode()) for message in messages) // _CHARACTERS_PER_TOKEN + 1

    async def close(self) -> None:
        """Close the connections of this event loop."""
        if self._transport:
            await self._transport.close()

    async def _sleep(self, seconds: float) -> None:
        """Wait, unless or until `stop` is called."""
        if seconds <= 0:
            return
        try:
            await asyncio.wait_for(self._stop.wait(), seconds)
        except TimeoutError:
            return
        raise Stopped


def _transport_of(llm: LanguageModel) -> Transport:
    """Return the way to a model: a script of the configuration's, or litellm."""
    script = scripted_model(llm.name, llm.provider) if llm.provider else None
    return script or LitellmTransport(llm)
