"""A model that answers from a script, in the process that asks: without litellm, whose import takes seconds."""

from abc import abstractmethod
from collections.abc import Mapping, Sequence
from typing import Any

from medinjection.llm.client.reply import Reply
from medinjection.llm.client.transport import Transport
from medinjection.llm.language_model import LanguageModel


class ScriptedModel(Transport):
    """What answers in the place of a language model; made without arguments, once in a process."""

    scripted = True

    @abstractmethod
    def reply(self, llm: LanguageModel, messages: Sequence[Mapping[str, str]]) -> Reply:
        """Answer a chat that is put to `llm`, at once.

        Raises:
            Busy: the same request may be answered when it is put again.
            InputError: no request is answered.
        """

    async def send(
        self, llm: LanguageModel, messages: Sequence[Mapping[str, str]], _parameters: Mapping[str, Any], /
    ) -> Reply:
        """Answer `messages`; a script reads no parameters."""
        return self.reply(llm, messages)

    async def close(self) -> None:
        """Do nothing: a script has no connections."""
