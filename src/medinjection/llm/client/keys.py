"""What the requests to a language model are called in the journal."""

import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from pydantic import BaseModel

from medinjection.llm.journal.journal import request_key
from medinjection.llm.language_model import LanguageModel
from medinjection.records.files import sha256_of


def key_maker(
    llm: LanguageModel, answer_schema: type[BaseModel] | None = None
) -> Callable[[Sequence[Mapping[str, str]]], str]:
    """Return the function from the messages of a request to its key in the journal.

    Args:
        answer_schema: sent along to a model that is `structured`.
    """
    name, endpoint, parameters = llm.name, _endpoint(llm), llm.parameters(answer_schema)
    return lambda messages: request_key(name, endpoint, messages, parameters)


def _endpoint(llm: LanguageModel) -> str | None:
    """Return what stands for the place where a model is served; None for the provider's own."""
    if llm.serve:
        return llm.serve.endpoint_name
    # Where litellm sends requests to OpenAI may be said by the environment.
    base = llm.api_base or (_base_from_environment() if llm.name.startswith("openai/") else None)
    # What a local file serves depends on its content, not on where it lies.
    return sha256_of(base) if base and Path(base).is_file() else base or None


def _base_from_environment() -> str | None:
    return os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_BASE")
