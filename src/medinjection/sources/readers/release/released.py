"""The authors' own release of the three components: finished French records.

Files (huggingface.co/datasets/MedInjection-FR/Native, Translated, Synthetic): JSON arrays by split and task. What is
inside them was seen nowhere, so that exactly these forms are read, which the authors' own programs read or write:
- an object with `messages` (list of objects with role and content; a bare list of them is the same), where the answer
  is in `answer` or else in the assistant's message (Eval.py and SFT-Training.py of github.com/ikram28/MedInjection-FR);
- an object with `user_prompt`, a plain text, and `answer` (Evaluation/eval.py of github.com/ikram28/MedAdapt, a later
  program, at commit a117d866); "Réponse :" on its last line asks for the answer and is no part of the question;
- an object with `instruction`, `context`, `answer`, and perhaps `type` and `origin`.
What is asked is kept word for word, with the system prompt where there is one (`Record.prompt`).
In the first two, `classes` may name the letters of the options. A row that is in several forms must say the same in
each. How options are written: `released_prompts`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.schema import InvalidRecord, Record
from medinjection.sources.items import RawItem, convert, files_to_read, optional_text_of, text_of, value_of
from medinjection.sources.reading.file_formats import Row, read_json_array, type_name
from medinjection.sources.reading.released_prompts import answer_text, released_record
from medinjection.sources.reading.unknown_form import some_understood
from medinjection.sources.registry import Source, SourceFile

_FORMS = "an object with messages, or one with user_prompt and answer, or one with instruction and answer"
_ROLES = ("system", "user", "assistant")
_CUE = re.compile(r"\n[ \t]*Réponses?[ \t\u00a0\u202f]*:\s*$")


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the files in `folder` and a reject for each row that makes none.

    Raises:
        InputError: a file is no JSON array, or none of its rows makes a record: the release has another form.
    """
    for file, path in files_to_read(folder, source):
        to_items = partial(convert, source, make=partial(_record, source, file), id_key=None)
        yield from some_understood(path, map(_as_object, read_json_array(path)), to_items, _shape, _FORMS)


def _as_object(row: Row) -> Row:
    """Return a bare list of messages as an object that holds it."""
    return replace(row, values={"messages": row.values}) if isinstance(row.values, list) else row


def _shape(values: Any) -> str:
    if not isinstance(values, dict):
        return type_name(values)
    return f"the key(s) {', '.join(values)[:200]}" if values else "an object without keys"


def _record(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    records = {key: make(source, file, row) for key, make in _MAKERS.items() if key in row}
    if not records:
        raise InvalidRecord(f"unknown form of a row, expected {_FORMS}")
    first = next(iter(records.values()))
    if any(replace(record, prompt=first.prompt) != first for record in records.values()):
        raise InvalidRecord(f"{' and '.join(records)} of one row do not say the same")
    return first


def _of_messages(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    system, prompt, answer = _from_messages(row)
    return released_record(source, file, prompt, answer, classes=row.get("classes"), system=system)


def _of_user_prompt(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    whole = text_of(row, "user_prompt")
    prompt, answer = _CUE.sub("", whole), answer_text(value_of(row, "answer"))
    return released_record(source, file, prompt, answer, classes=row.get("classes"), end=whole[len(prompt) :])


def _of_instruction(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    prompt, context = text_of(row, "instruction"), optional_text_of(row, "context")
    return released_record(source, file, prompt, answer_text(value_of(row, "answer")), context)


_MAKERS = {"messages": _of_messages, "user_prompt": _of_user_prompt, "instruction": _of_instruction}


def _from_messages(row: Mapping[str, Any]) -> tuple[str | None, str, str]:
    """Return the system prompt, what the user says, and the answer."""
    messages = row["messages"]
    if not isinstance(messages, list) or not messages or not all(isinstance(turn, dict) for turn in messages):
        raise InvalidRecord(f"messages is {type_name(messages)}, expected a list of objects with role and content")
    said = {}
    for turn in messages:
        role = text_of(turn, "role")
        if role not in _ROLES or role in said:
            raise InvalidRecord(
                f"messages has the role {role[:20]!r} twice or unknown, expected one user and one assistant"
            )
        said[role] = turn
    if "user" not in said:
        raise InvalidRecord("messages has no message of the user")
    system = optional_text_of(said["system"], "content") if "system" in said else None
    if "answer" in row:
        return system, text_of(said["user"], "content"), answer_text(row["answer"])
    if "assistant" not in said:
        raise InvalidRecord("neither a key answer nor a message of the assistant")
    return system, text_of(said["user"], "content"), text_of(said["assistant"], "content", "the assistant's message")
