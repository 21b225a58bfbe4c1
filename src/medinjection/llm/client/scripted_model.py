"""A model that answers from a script, in the process that asks: without litellm, whose import takes seconds."""

from abc import ABC, abstractmethod
from collections.abc import Sequence

from medinjection.llm.client.reply import Reply
from medinjection.llm.language_model import LanguageModel


class Busy(Exception):
    """The request comes too soon: it is put again."""


class ScriptedModel(ABC):
    """What answers in the place of a language model; made without arguments, once in a process."""

    scripted = True

    @abstractmethod
    def reply(self, llm: LanguageModel, messages: Sequence[dict[str, str]]) -> Reply:
        """Answer a chat that is put to `llm`, at once.

        Raises:
            Busy: the same request may be answered when it is put again.
            InputError: no request is answered.
        """
