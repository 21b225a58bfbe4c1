"""English records to French ones by a teacher (paper section 3.3)."""

import json
from collections.abc import Sequence
from dataclasses import replace

from medinjection.llm.client import Asker
from medinjection.llm.conversation import InvalidAnswer
from medinjection.llm.prompts import Prompt
from medinjection.records.conservation import Reject
from medinjection.records.schema import InvalidRecord, Record, validate_record
from medinjection.synthesis.answers import Translation, read_json, validated
from medinjection.synthesis.numbers import lost_numbers
from medinjection.synthesis.one_to_one import rework_records

# A shorter text may be the same in both languages: a drug, a gene, "Na+".
_WORDS_THAT_DIFFER = 5


def translate_records(records: Sequence[Record], prompt: Prompt, asker: Asker) -> tuple[list[Record], list[Reject]]:
    """Translate records, one request each, and return the French records and the rejects, in the order given.

    A French record keeps all but its texts. Records whose translation fails its checks (`read_translation`) at every
    attempt are rejected with the teacher's last answer.
    """
    return rework_records(
        records, translation_request, read_translation, prompt, asker, "translate", "translating", Translation
    )


def translation_request(record: Record) -> str:
    """Return the JSON object that a teacher translates: question, context if any, and options or answer."""
    return json.dumps(_texts(record), ensure_ascii=False, indent=1)


def read_translation(text: str, record: Record) -> Record:
    """Return the French record in a teacher's answer.

    Raises:
        InvalidAnswer: it is no JSON object with the keys of the request, a text is empty or unchanged, the number of
            options differs, or a number of the English text is missing from its translation.
    """
    value = read_json(text, dict)
    expected = _texts(record)
    if missing := [key for key in expected if key not in value]:
        raise InvalidAnswer(f"the keys are {', '.join(map(str, value))}; missing: {', '.join(missing)}")
    french = validated(Translation, value).model_dump(exclude_none=True)
    if list(french) != [key for key in Translation.model_fields if key in expected]:
        raise InvalidAnswer(f"the keys are {', '.join(french)}, expected {', '.join(expected)}")
    if len(french.get("options", [])) != len(record.options):
        raise InvalidAnswer(f"{len(french['options'])} options, expected {len(record.options)}")
    for name, english_text, french_text in _pairs(expected, french):
        if lost := lost_numbers(english_text, french_text):
            raise InvalidAnswer(f"{name}: numbers are missing: {', '.join(lost)}")
    if french["question"] == record.question and len(record.question.split()) >= _WORDS_THAT_DIFFER:
        raise InvalidAnswer("question: it is not translated")
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


def _pairs(english: dict, french: dict) -> list[tuple[str, str, str]]:
    """Pair the texts of both languages under their names; options one by one, so that swapped ones are seen."""
    pairs = []
    for name, text in english.items():
        if name == "options":
            numbered = enumerate(zip(text, french[name], strict=True), start=1)
            pairs += [(f"option {number}", one, other) for number, (one, other) in numbered]
        else:
            pairs.append((name, text, french[name]))
    return pairs
