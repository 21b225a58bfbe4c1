"""The scripted teacher as a model that a client can ask, found by the import path that the configuration names."""

from collections.abc import Mapping, Sequence

from medinjection.demo.teacher.faults import RateLimited
from medinjection.demo.teacher.scripted_teacher import ScriptedTeacher
from medinjection.llm.client.failures import Busy
from medinjection.llm.client.reply import Reply
from medinjection.llm.client.scripted_model import ScriptedModel
from medinjection.llm.language_model import LanguageModel
from medinjection.records.errors import InputError


class ScriptedProvider(ScriptedModel):
    """Answers by the scripted teacher; its knowledge base is the model's `api_base`, its faults are in `extra_body`."""

    def __init__(self) -> None:
        self._teacher = ScriptedTeacher()

    def reply(self, llm: LanguageModel, messages: Sequence[Mapping[str, str]]) -> Reply:
        """Answer a chat; the work takes milliseconds."""
        rates = llm.extra.get("extra_body", {}).get("faults", {})
        try:
            answer = self._teacher.answer(llm.name.partition("/")[2], messages, llm.api_base, rates)
        except RateLimited as error:
            raise Busy(str(error)) from None
        except InputError as error:
            raise InputError(f"{llm.name}: {error}") from None
        return Reply(answer.id, answer.text, answer.finish_reason, answer.prompt_tokens, answer.completion_tokens)
