"""How a script is told of a language model: which, how it is asked, and what it may cost."""

import json
from collections.abc import Set
from pathlib import Path

from medinjection.config.settings.common import without_braces
from medinjection.config.settings.run import Settings
from medinjection.llm.language_model import FORECASTS, LIMITS, LanguageModel
from medinjection.llm.local_server.served_model import ServedModel
from medinjection.plan.flags import optional
from medinjection.plan.tracked import DecidingFlags
from medinjection.records.errors import InputError

# What decides an answer too, unless the task brings its own.
_ANSWERS = frozenset({"max_tokens", "attempts"})


def llm_flags(settings: Settings, run_folder: str, name: str, answers_decided: bool = True) -> DecidingFlags:
    """Return the flags that describe an LLM, its limits and the run's account to a script.

    Args:
        answers_decided: without it, its numbers of tokens and attempts decide nothing: the task has its own.
    """
    llm = settings.llms[name]
    others = LIMITS if answers_decided else LIMITS | _ANSWERS
    limits = _json_of(llm, others)
    deciding = [optional("--llm", _json_of(llm, LanguageModel.model_fields.keys() - others - FORECASTS))]
    return DecidingFlags(
        deciding,
        [
            optional("--llm-limits", limits if limits != "{}" else None),
            optional("--budget", settings.budget),
            f"--account {run_folder}/journals",
        ],
    )


def llm_files(settings: Settings, name: str) -> list[str]:
    """Return the local files that an LLM answers from: only a scripted one has a file, its knowledge base.

    Raises:
        InputError: its path holds braces.
    """
    base = settings.llms[name].api_base
    if not base or not Path(base).is_file():
        return []
    try:
        return [without_braces(base)]
    except ValueError as error:
        raise InputError(f"llms.{name}.api_base: found {base!r}: {error}") from None


def cached_llms(settings: Settings) -> dict[str, ServedModel]:
    """Return name -> server of the LLMs that jobs serve from the hub's cache: those named by their id and a commit."""
    served = {name: llm.serve for name, llm in settings.llms.items() if llm.serve}
    return {name: one for name, one in served.items() if one.revision is not None}


def provider_of(settings: Settings, name: str) -> str | None:
    """Return the import path of the provider that answers for an LLM, None for one that litellm knows."""
    return settings.llms[name].provider


def _json_of(llm: LanguageModel, fields: Set[str]) -> str:
    """Return those of the fields that differ from their defaults, as JSON."""
    return json.dumps(llm.model_dump(mode="json", include=set(fields), exclude_defaults=True))
