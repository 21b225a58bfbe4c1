"""Closed French questions to multiple choice by a teacher (paper section 3.2, FrBMedQA).

A closed question comes as an open one: the passage is its context, the entity that fills its blank its answer.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import replace
from functools import partial

from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import InvalidAnswer
from medinjection.llm.client.prompts import Prompt
from medinjection.records.conservation import Reject
from medinjection.records.schema import LETTERS, InvalidRecord, Record, validate_record
from medinjection.records.text import folded
from medinjection.sources.options.option_references import refers_to_other_options
from medinjection.synthesis.answers import ChoiceItem, read_json, validated
from medinjection.synthesis.latex import lost_commands
from medinjection.synthesis.one_to_one import rework_records

STAGE = "convert_source"
_MOST_OPTIONS = 10
# "Selon le texte", "dans ce passage", "d'après cet article"; not "dans le passage du sang".
_TO_THE_PASSAGE = re.compile(
    r"\b(?:selon|d['’]après|dans)\s+(?:(?:le|ce)\s+(?:texte|passage|paragraphe)|(?:l['’]|cet\s+)extrait|cet\s+article)\b"
    r"(?!\s+d)",
    re.IGNORECASE,
)


def convert_records(
    records: Sequence[Record], prompt: Prompt, client: Client, keep_context: bool = True
) -> tuple[list[Record], list[Reject]]:
    """Convert closed questions, one request each, and return the choice records and the rejects, in the order given.

    A choice record keeps id, split and specialty. Records whose conversion fails its checks (`read_conversion`) at
    every attempt are rejected with the teacher's last answer.

    Args:
        keep_context: whether the passage stays as the record's context; the teacher sees it either way.
    """
    read = partial(read_conversion, keep_context=keep_context)
    return rework_records(records, conversion_request, read, prompt, client, STAGE, "converting", ChoiceItem)


def conversion_request(record: Record) -> str:
    """Return the JSON object that a teacher converts: context, question and answer."""
    values = {"context": record.context or "", "question": record.question, "answer": record.answer}
    return json.dumps(values, ensure_ascii=False, indent=1)


def read_conversion(text: str, record: Record, keep_context: bool = True) -> Record:
    """Return the choice record in a teacher's answer, without the passage unless `keep_context`.

    Raises:
        InvalidAnswer: it is no choice question with one right answer, 2 to 10 different options of which the right one
            is the record's answer, and a question that does not give that answer away, or that speaks of a passage
            which it is to stand without; LaTeX commands of the question are missing, or JSON took their backslashes.
    """
    item = validated(ChoiceItem, read_json(text, dict), "\n".join([record.question, record.context or ""]))
    if not 2 <= len(item.options) <= _MOST_OPTIONS:
        raise InvalidAnswer(f"{len(item.options)} options, expected 2 to {_MOST_OPTIONS}")
    options = [_folded(option) for option in item.options]
    if len(set(options)) < len(options):
        raise InvalidAnswer("two options are the same")
    if len(item.answer) != 1:
        raise InvalidAnswer(f"{len(item.answer)} right answers, expected one")
    right = LETTERS.index(item.answer[0])
    if right >= len(item.options):
        raise InvalidAnswer(f"answer: {item.answer[0]} is none of the {len(item.options)} options")
    if options[right] != _folded(record.answer):
        raise InvalidAnswer("the right option is not the given answer")
    if lost := lost_commands(record.question, "\n".join([item.question, *item.options])):
        raise InvalidAnswer(f"LaTeX commands of the question are missing: {', '.join(lost)}")
    if _names(item.question, record.answer) and not _names(record.question, record.answer):
        raise InvalidAnswer("the question gives the answer away")
    if not keep_context and (pointer := _TO_THE_PASSAGE.search(item.question)):
        raise InvalidAnswer(f"the question speaks of a passage that is not shown: {pointer[0]!r}")
    converted = replace(
        record,
        task="mcqu",
        context=record.context if keep_context else None,
        question=item.question,
        options=tuple(item.options),
        answer_indices=(right,),
        answer=item.options[right],
        shufflable=not refers_to_other_options(item.options),
    )
    try:
        return validate_record(converted)
    except InvalidRecord as error:
        raise InvalidAnswer(str(error)) from None


def _folded(text: str) -> str:
    return folded(text.casefold()).replace("’", "'")


def _names(text: str, answer: str) -> bool:
    """Say whether the answer stands in the text, as words of its own."""
    return re.search(rf"(?<!\w){re.escape(_folded(answer))}(?!\w)", _folded(text)) is not None
