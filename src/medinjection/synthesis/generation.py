"""Choice and open questions from French documents by a teacher (paper section 3.4, Figures 7 to 11)."""

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from pydantic import BaseModel

from medinjection.llm.client.client import Client
from medinjection.llm.client.conversation import Failure, InvalidAnswer, Request
from medinjection.llm.client.prompts import Prompt
from medinjection.records.conservation import Reject
from medinjection.records.schema import (
    LETTERS,
    Document,
    InvalidRecord,
    Provenance,
    Record,
    choice_task,
    validate_record,
)
from medinjection.sources.options.option_references import refers_to_other_options
from medinjection.synthesis.answers import (
    ChoiceItem,
    ChoiceItems,
    MisreadAnswer,
    OpenItem,
    OpenItems,
    read_json,
    validated,
)

_STAGE = "generate"
# Task 2 of the open prompts is factual question answering: "questions must be standalone" (Figure 7).
_STANDALONE_TASK = 2


@dataclass(frozen=True, slots=True)
class Generated:
    """What a teacher made of documents.

    Attributes:
        rows_in: items that the teacher returned plus documents that gave none; always kept plus rejects.
    """

    kept: list[Record]
    rejects: list[Reject]
    rows_in: int


def generate_choice(documents: Sequence[Document], prompt: Prompt, client: Client, task: str) -> Generated:
    """Have the teacher write choice questions from each document, one request a document.

    The system prompt is the prompt file, the user message the document's text. Records are numbered in the order of
    the answer: `<document id>-c1`, `-c2`...; an item that is no valid question is rejected with its JSON, a document
    without any valid item at every attempt, or with LaTeX whose backslashes JSON took, is rejected with the teacher's
    last answer.

    Args:
        task: of the questions, one of STATED_TASKS; in the paper mcq, whatever the number of right answers.
    """
    requests = [Request(prompt.messages(document.text), document) for document in documents]
    return _generate(documents, requests, "c", partial(_choice_record, task), prompt, client, ChoiceItems)


def generate_open(documents: Sequence[Document], prompt: Prompt, client: Client) -> Generated:
    """Have the teacher write open questions from each document, one request a document.

    As `generate_choice`, with ids `<document id>-o1`, `-o2`... Below the text stands a line `Specialties: ...` where
    the document has some: Figure 7 asks to list "the specialties provided" and the paper does not show how they were.
    Summary and classification questions have the document as context, factual ones stand alone.
    """
    requests = [Request(prompt.messages(open_request(document)), document) for document in documents]
    return _generate(documents, requests, "o", _open_record, prompt, client, OpenItems)


def open_request(document: Document) -> str:
    """Return the user message for open questions: the text, and the specialties that upstream gives it."""
    if not document.specialty_raw:
        return document.text
    return f"{document.text}\n\nSpecialties: {', '.join(document.specialty_raw.split('|'))}"


def _generate(
    documents: Sequence[Document],
    requests: Sequence[Request],
    mark: str,
    to_record: Callable[[Any, str, Document], Record],
    prompt: Prompt,
    client: Client,
    answer_schema: type[BaseModel],
) -> Generated:
    def check(text: str, document: Document) -> list[Record | Reject]:
        return _read_items(text, document, mark, to_record)

    outcomes = client.ask(requests, check, "generating", answer_schema=answer_schema)
    kept, rejects, rows_in = [], [], 0
    for document, outcome in zip(documents, outcomes, strict=True):
        if isinstance(outcome, Failure):
            rows_in += 1
            rejects.append(Reject(document.id, _STAGE, outcome.reason, outcome.text or document.text))
            continue
        rows_in += len(outcome.parsed)
        made_by = Provenance(
            dataset=document.provenance.dataset,
            revision=document.provenance.revision,
            upstream_id=document.provenance.upstream_id,
            teacher=client.llm.name,
            prompt_sha256=prompt.sha256,
            request_id=outcome.journal_key,
        )
        kept += [replace(item, provenance=made_by) for item in outcome.parsed if isinstance(item, Record)]
        rejects += [item for item in outcome.parsed if isinstance(item, Reject)]
    return Generated(kept, rejects, rows_in)


def _read_items(
    text: str, document: Document, mark: str, to_record: Callable[[Any, str, Document], Record]
) -> list[Record | Reject]:
    """Return a record or a reject for each item of an answer.

    Raises:
        InvalidAnswer: it has no valid item, or a text that JSON decodes to another one than the teacher means.
    """
    items: list[Record | Reject] = []
    for number, value in enumerate(read_json(text, list), start=1):
        record_id = f"{document.id}-{mark}{number}"
        try:
            items.append(validate_record(to_record(value, record_id, document)))
        except MisreadAnswer:
            raise
        except (InvalidAnswer, InvalidRecord) as error:
            raw = json.dumps(value, ensure_ascii=False)
            items.append(Reject(record_id, _STAGE, str(error), raw))
    rejects = [item for item in items if isinstance(item, Reject)]
    if len(rejects) == len(items):
        raise InvalidAnswer(rejects[0].reason)
    return items


def _choice_record(task: str, value: Any, record_id: str, document: Document) -> Record:
    item = validated(ChoiceItem, value, document.text)
    indices = tuple(LETTERS.index(letter) for letter in item.answer)
    if indices[-1] >= len(item.options):
        raise InvalidAnswer(f"answer: {item.answer[-1]} is none of the {len(item.options)} options")
    return Record(
        id=record_id,
        component="synthetic",
        source=document.source,
        split="train",
        task=choice_task(task, indices),
        # Items of clinical cases carry a task number (Figure 11) and may speak of the case; those of abstracts do not.
        context=None if item.task is None else document.text,
        question=item.question,
        options=tuple(item.options),
        answer_indices=indices,
        answer=", ".join(item.options[i] for i in indices),
        shufflable=not refers_to_other_options(item.options),
        licence=document.licence,
        specialty=document.specialty,
        specialty_raw=document.specialty_raw,
    )


def _open_record(value: Any, record_id: str, document: Document) -> Record:
    item = validated(OpenItem, value, document.text)
    return Record(
        id=record_id,
        component="synthetic",
        source=document.source,
        split="train",
        task="oeq",
        context=None if item.task == _STANDALONE_TASK else document.text,
        question=item.instruction,
        answer=item.output,
        licence=document.licence,
        specialty=document.specialty,
        specialty_raw=document.specialty_raw,
    )
