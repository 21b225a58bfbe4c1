"""The way from a request to a reply: one call, whatever answers for the model."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from medinjection.llm.client.reply import Reply
from medinjection.llm.language_model import LanguageModel


class Transport(ABC):
    """Puts requests to a language model, each once."""

    @abstractmethod
    async def send(
        self, llm: LanguageModel, messages: Sequence[Mapping[str, str]], parameters: Mapping[str, Any], /
    ) -> Reply:
        """Put `messages` to `llm` and return its reply.

        Args:
            parameters: what is sent beside the messages.

        Raises:
            TransientFailure: the request may be answered when it is put again.
            Refused: this request is not answered (content policy, too long, malformed).
            InputError: no request is answered (key, model name, credit).
        """

    @abstractmethod
    async def close(self) -> None:
        """Close the connections of this event loop."""
