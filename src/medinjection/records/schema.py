"""The record: one question with its answer, the same from normalisation to the training mixes."""

import hashlib
import json
from collections.abc import Iterable
from dataclasses import dataclass, field, fields
from typing import Any

import pyarrow as pa

from medinjection.records.text import folded, is_blank

COMPONENTS = ("native", "translated", "synthetic")
SPLITS = ("train", "validation", "test")
# Of equal records the one of the split that must not leak is kept.
SPLIT_PRIORITY = {"test": 0, "validation": 1, "train": 2}
CHOICE_TASKS = ("mcq", "mcqu")
TASKS = (*CHOICE_TASKS, "oeq")
# How the task of a source's choice questions is stated: named, or, where the source says nothing of it, BY_ANSWERS.
BY_ANSWERS = "by_answers"
STATED_TASKS = (*CHOICE_TASKS, BY_ANSWERS)
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"

PROVENANCE_TYPE = pa.struct(
    [
        ("dataset", pa.string()),
        ("revision", pa.string()),
        ("upstream_id", pa.string()),
        ("teacher", pa.string()),
        ("prompt_sha256", pa.string()),
        ("request_id", pa.string()),
    ]
)

PROMPT_TYPE = pa.struct([(name, pa.string()) for name in ("system", "stem", "options", "end")])

RECORD_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("component", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("task", pa.string(), nullable=False),
        pa.field("context", pa.string()),
        pa.field("question", pa.string(), nullable=False),
        pa.field("options", pa.list_(pa.string()), nullable=False),
        pa.field("answer_indices", pa.list_(pa.int8()), nullable=False),
        pa.field("answer", pa.string(), nullable=False),
        pa.field("shufflable", pa.bool_(), nullable=False),
        pa.field("specialty", pa.string()),
        pa.field("specialty_raw", pa.string()),
        pa.field("licence", pa.string(), nullable=False),
        pa.field("provenance", PROVENANCE_TYPE, nullable=False),
        pa.field("prompt", PROMPT_TYPE),
        pa.field("question_type", pa.string()),
    ]
)

# A text that is not a question yet: an abstract or a clinical case from which a teacher makes items.
DOCUMENT_SCHEMA = pa.schema(
    [
        pa.field("id", pa.string(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("split", pa.string(), nullable=False),
        pa.field("text", pa.string(), nullable=False),
        pa.field("specialty", pa.string()),
        pa.field("specialty_raw", pa.string()),
        pa.field("licence", pa.string(), nullable=False),
        pa.field("provenance", PROVENANCE_TYPE, nullable=False),
    ]
)


class InvalidRecord(ValueError):
    """A record breaks the schema's rules; the message is the reason written into rejects."""


@dataclass(frozen=True, slots=True)
class Provenance:
    """Where a record comes from: the upstream dataset and, for LLM work, the teacher, the prompt and the request.

    `upstream_id` is upstream's id of the record itself; of a record made from a document it is that of the document.
    """

    dataset: str | None = None
    revision: str | None = None
    upstream_id: str | None = None
    teacher: str | None = None
    prompt_sha256: str | None = None
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class GivenPrompt:
    """The words in which a source puts a question to a model, where it publishes them.

    `stem`, `options` and `end` after each other are what the user says: `options` are the lines of the options in the
    published order, empty for oeq; mostly nothing follows them. `system` is the system prompt, None without one.
    """

    stem: str
    options: str = ""
    end: str = ""
    system: str | None = None


@dataclass(frozen=True, slots=True)
class Record:
    """One question and its reference answer (paper section 3.1); fields as in `RECORD_SCHEMA`.

    `options` are in the published order (A, B, C...) and empty for oeq; `answer_indices` are sorted positions in
    `options`; `answer` is the reference text, for choice questions the texts of the right options joined by ", ".
    `prompt` is None where the run's own templates put the question to a model. `question_type` is what upstream says
    that the question asks for, in its words (MediQAl: Understanding or Reasoning); None where it says nothing.
    """

    id: str
    component: str
    source: str
    split: str
    task: str
    question: str
    answer: str
    licence: str
    context: str | None = None
    options: tuple[str, ...] = ()
    answer_indices: tuple[int, ...] = ()
    shufflable: bool = True
    specialty: str | None = None
    specialty_raw: str | None = None
    provenance: Provenance = field(default_factory=Provenance)
    prompt: GivenPrompt | None = None
    question_type: str | None = None

    @property
    def gold_letters(self) -> tuple[str, ...]:
        """Letters of the right options in the published order."""
        return tuple(LETTERS[i] for i in self.answer_indices)


@dataclass(frozen=True, slots=True)
class Document:
    """One source text for generation; fields as in `DOCUMENT_SCHEMA`."""

    id: str
    source: str
    split: str
    text: str
    licence: str
    specialty: str | None = None
    specialty_raw: str | None = None
    provenance: Provenance = field(default_factory=Provenance)


def choice_task(stated: str, answer_indices: Iterable[int]) -> str:
    """Return the task of a choice question: what its source states, whatever the number of right answers.

    The task says how a question is put. Made from the answer it would tell a model how many options are right; only
    that adds up to the counts of the paper's Table 2, too. Where a source says nothing (`BY_ANSWERS`), nothing else is
    left: one right answer is mcqu, several are mcq.

    Args:
        stated: one of STATED_TASKS.
    """
    if stated != BY_ANSWERS:
        return stated
    return "mcqu" if len(set(answer_indices)) == 1 else "mcq"


def validate_record(record: Record) -> Record:
    """Return `record` unchanged.

    Raises:
        InvalidRecord: a field breaks the rules of the schema; the message says which, and how.
    """
    for name, value, allowed in (
        ("component", record.component, COMPONENTS),
        ("split", record.split, SPLITS),
        ("task", record.task, TASKS),
    ):
        if value not in allowed:
            raise InvalidRecord(f"{name} is {value!r}, expected one of {', '.join(allowed)}")
    if not record.id.startswith(f"{record.source}:"):
        raise InvalidRecord(f"id {record.id!r} does not start with its source {record.source!r}")
    if is_blank(record.question):
        raise InvalidRecord("question is empty")
    if is_blank(record.answer):
        raise InvalidRecord("answer is empty")
    if record.task == "oeq":
        if record.options or record.answer_indices:
            raise InvalidRecord("an open question has options")
        return record
    _validate_options(record)
    return record


def _validate_options(record: Record) -> None:
    count = len(record.options)
    if not 2 <= count <= len(LETTERS):
        raise InvalidRecord(f"{count} options, expected 2 to {len(LETTERS)}")
    for index, option in enumerate(record.options):
        if is_blank(option):
            raise InvalidRecord(f"option {LETTERS[index]} is empty")
    count_right = len(record.answer_indices)
    if not count_right:
        raise InvalidRecord("no right answer")
    if list(record.answer_indices) != sorted(set(record.answer_indices)):
        raise InvalidRecord(f"answer_indices {list(record.answer_indices)} are not sorted and distinct")
    outside = [i for i in record.answer_indices if not 0 <= i < count]
    if outside:
        raise InvalidRecord(f"answer index {outside[0]} is outside the {count} options")
    if record.task == "mcqu" and count_right > 1:
        raise InvalidRecord(f"{count_right} right answers, expected exactly one (task mcqu)")
    _require_answerable(record)


def _require_answerable(record: Record) -> None:
    """Raise InvalidRecord where a right option and a wrong one read the same: no answer to it can be right.

    Case tells options apart ("bb Bb" and "BB Bb" are different crosses). Two wrong options may be alike.
    """
    right = {folded(record.options[index]): index for index in record.answer_indices}
    for index, option in enumerate(record.options):
        if index not in record.answer_indices and (same := right.get(folded(option))) is not None:
            pair = f"{LETTERS[same]} and {LETTERS[index]}"
            raise InvalidRecord(f"a right and a wrong option are the same text: {pair}")


def record_id(source: str, upstream_id: str | None, *content: object) -> str:
    """Return `<source>:<upstream id>`, or `<source>:<hash of content>` where upstream gives no id."""
    if upstream_id:
        return f"{source}:{upstream_id}"
    return f"{source}:{content_hash(*content)}"


def content_hash(*content: object) -> str:
    """Return the first 16 hex digits of the SHA-256 of `content` written as JSON."""
    text = json.dumps(content, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()[:16]


def records_to_table(records: Iterable[Record]) -> pa.Table:
    """Return an Arrow table of `RECORD_SCHEMA`, one row per record, in the order given."""
    return pa.Table.from_pylist([_row(record) for record in records], schema=RECORD_SCHEMA)


def documents_to_table(documents: Iterable[Document]) -> pa.Table:
    """Return an Arrow table of `DOCUMENT_SCHEMA`, one row per document, in the order given."""
    return pa.Table.from_pylist([_row(document) for document in documents], schema=DOCUMENT_SCHEMA)


def _row(item: Record | Document | Provenance | GivenPrompt) -> dict[str, Any]:
    """Return the fields of an item by name; `dataclasses.asdict` copies every value and takes six times as long."""
    values = {field.name: getattr(item, field.name) for field in fields(item)}
    structs = {name: _row(value) for name, value in values.items() if isinstance(value, Provenance | GivenPrompt)}
    return values | structs


def record_from_row(row: dict[str, Any]) -> Record:
    """Return the record of one row of a table of `RECORD_SCHEMA`."""
    values = dict(row)
    values["options"] = tuple(values["options"])
    values["answer_indices"] = tuple(values["answer_indices"])
    values["provenance"] = Provenance(**values["provenance"])
    values["prompt"] = values["prompt"] and GivenPrompt(**values["prompt"])
    return Record(**values)


def document_from_row(row: dict[str, Any]) -> Document:
    """Return the document of one row of a table of `DOCUMENT_SCHEMA`."""
    values = dict(row)
    values["provenance"] = Provenance(**values["provenance"])
    return Document(**values)
