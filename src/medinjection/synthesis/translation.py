"""English records to French ones by a teacher (paper section 3.3)."""

import json
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import InvalidAnswer
from medinjection.llm.client.prompts import Prompt
from medinjection.records.conservation import Reject
from medinjection.records.schema import InvalidRecord, Record, validate_record
from medinjection.synthesis.answers import Translation, read_json, validated
from medinjection.synthesis.one_to_one import rework_records
from medinjection.synthesis.translation_checks import faults


def translate_records(
    records: Sequence[Record], prompt: Prompt, client: Client, check_language: bool = True
) -> tuple[list[Record], list[Reject]]:
    """Translate records, one request each, and return the French records and the rejects, in the order given.

    A French record keeps all but its texts. Records whose translation fails its checks (`read_translation`) at every
    attempt are rejected with the teacher's last answer.
    """
    read = partial(read_translation, check_language=check_language)
    return rework_records(records, translation_request, read, prompt, client, "translate", "translating", Translation)


def translation_request(record: Record) -> str:
    """Return the JSON object that a teacher translates: question, context if any, and options or answer."""
    return json.dumps(_texts(record), ensure_ascii=False, indent=1)


def read_translation(text: str, record: Record, check_language: bool = True) -> Record:
    """Return the French record in a teacher's answer.

    Args:
        check_language: whether texts must be recognised as French.

    Raises:
        InvalidAnswer: it is no JSON object with the keys of the request, a text is empty, the number of options
            differs, or a text has faults (`translation_checks.faults`); the message names all of these.
    """
    value = read_json(text, dict)
    expected = _texts(record)
    if missing := [key for key in expected if key not in value]:
        raise InvalidAnswer(f"the keys are {', '.join(map(str, value))}; missing: {', '.join(missing)}")
    source = "\n".join([record.question, record.context or "", record.answer, *record.options])
    french = validated(Translation, value, source).model_dump(exclude_none=True)
    if list(french) != [key for key in Translation.model_fields if key in expected]:
        raise InvalidAnswer(f"the keys are {', '.join(french)}, expected {', '.join(expected)}")
    if len(french.get("options", [])) != len(record.options):
        raise InvalidAnswer(f"{len(french['options'])} options, expected {len(record.options)}")
    found = faults(expected, french, record.answer_indices)
    if serious := [fault for fault in found if check_language or fault.check != "language"]:
        raise InvalidAnswer("; ".join(map(str, serious)))
    options = tuple(french.get("options", ()))
    translated = replace(
        record,
        question=french["question"],
        context=french.get("context"),
        options=options,
        answer=french["answer"] if record.task == "oeq" else ", ".join(options[i] for i in record.answer_indices),
    )
    try:
        return validate_record(translated)
    except InvalidRecord as error:
        raise InvalidAnswer(str(error)) from None


def _texts(record: Record) -> dict[str, str | list[str]]:
    texts: dict[str, str | list[str]] = {"question": record.question}
    if record.context:
        texts["context"] = record.context
    if record.task == "oeq":
        texts["answer"] = record.answer
    else:
        texts["options"] = list(record.options)
    return texts
