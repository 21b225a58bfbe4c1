"""The scripted teacher as a provider that litellm can ask, found by the import path that the configuration names."""

from typing import Any

# This module is imported only where litellm is in use already.
from litellm.exceptions import NotFoundError, RateLimitError
from litellm.llms.custom_llm import CustomLLM
from litellm.types.utils import Usage

from medinjection.demo.teacher.faults import RateLimited
from medinjection.demo.teacher.scripted_teacher import ScriptedAnswer, ScriptedTeacher
from medinjection.records.errors import InputError
from medinjection.records.stand_ins import SCRIPTED


class ScriptedProvider(CustomLLM):
    """Adapts litellm's calls to the scripted teacher."""

    scripted = True

    def __init__(self) -> None:
        super().__init__()
        self._teacher = ScriptedTeacher()

    def completion(self, *_: Any, **call: Any) -> Any:
        """Answer a request: litellm names all it passes, and what it does not know stands in `optional_params`."""
        rates = (call["optional_params"].get("extra_body") or {}).get("faults") or {}
        name = f"{SCRIPTED}/{call['model']}"
        try:
            answer = self._teacher.answer(call["model"], call["messages"], call["api_base"], rates)
        except RateLimited as error:
            raise RateLimitError(str(error), model=name, llm_provider=SCRIPTED) from None
        except InputError as error:
            # Not found: a status that no one retries, as another try would not help.
            raise NotFoundError(str(error), model=name, llm_provider=SCRIPTED) from None
        return _filled(call["model_response"], name, answer)

    async def acompletion(self, *args: Any, **call: Any) -> Any:
        """Answer as `completion` does; the work takes milliseconds."""
        return self.completion(*args, **call)


def _filled(response: Any, model: str, answer: ScriptedAnswer) -> Any:
    response.id = answer.id
    response.model = model
    response.created = 0
    response.choices[0].message.content = answer.text
    response.choices[0].finish_reason = answer.finish_reason
    response.usage = Usage(
        prompt_tokens=answer.prompt_tokens,
        completion_tokens=answer.completion_tokens,
        total_tokens=answer.prompt_tokens + answer.completion_tokens,
    )
    return response
