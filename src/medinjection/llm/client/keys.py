"""What a teacher's requests are called in the journal, and the schema that may be sent along with them."""

import os
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from pydantic import BaseModel

from medinjection.llm.journal.journal import request_key
from medinjection.llm.language_model import Teacher
from medinjection.records.files import sha256_of


def with_schema(teacher: Teacher, answer: type[BaseModel] | None) -> Teacher:
    """Return the teacher as it is asked for such an answer: one that is `structured` is sent its JSON schema."""
    if answer is None or not teacher.structured:
        return teacher
    schema = {"name": answer.__name__, "schema": answer.model_json_schema()}
    return replace(teacher, response_format={"type": "json_schema", "json_schema": schema})


def key_maker(teacher: Teacher) -> Callable[[Sequence[Mapping[str, str]]], str]:
    """Return the function from the messages of a request to its key in the journal."""
    # Where litellm sends requests to OpenAI may be said by the environment.
    base = teacher.api_base or (teacher.model.startswith("openai/") and _base_from_environment()) or None
    # What a local file serves depends on its content, not on where it lies.
    endpoint = teacher.endpoint_name or (sha256_of(base) if base and Path(base).is_file() else base)
    return lambda messages: request_key(teacher.model, endpoint, messages, teacher.parameters)


def _base_from_environment() -> str | None:
    return os.environ.get("OPENAI_BASE_URL") or os.environ.get("OPENAI_API_BASE")
