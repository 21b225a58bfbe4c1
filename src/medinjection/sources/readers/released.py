"""The authors' own release of the three components: finished French records.

Files (huggingface.co/datasets/MedInjection-FR/Native, Translated, Synthetic): JSON arrays by split and task. What is
inside them could not be verified, so that exactly these forms are read, which the authors' own programs read or write:
- an object with `messages` (list of objects with role and content; a bare list of them is the same), where the answer
  is in `answer` or else in the assistant's message; `classes` may name the letters of the options;
- an object with `instruction`, `context`, `answer`, and perhaps `type` and `origin`.

The options are lines "(A) text", "(B) text" after a line "Choix de réponses :", the form of the authors' evaluation
prompts; the line before it may say how many answers are right. Options in any other form are not guessed at: the row is
rejected. The number of letters in the answer decides between mcq and mcqu, never a file's name or `type`. The release
gives neither ids nor the sources: ids are hashes of the content.
"""

import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from medinjection.records.conservation import Reject
from medinjection.records.errors import InputError
from medinjection.records.schema import LETTERS, InvalidRecord, Record
from medinjection.sources.items import (
    RawItem,
    choice_record,
    convert,
    files_to_read,
    open_record,
    optional_text_of,
    text_of,
    value_of,
)
from medinjection.sources.reading import Row, read_json_array, type_name
from medinjection.sources.registry import Source, SourceFile

_FORMS = "an object with messages, or one with instruction and answer"
_ROLES = ("system", "user", "assistant")

_MARKER = re.compile(r"^[ \t]*Choix de réponses[ \t\u00a0\u202f]*:[ \t]*$", re.MULTILINE)
_TASK_LINE = re.compile(r"(?:^|\n)[ \t]*(?:Une seule réponse est correcte|Plusieurs réponses sont correctes)\.\s*$")
_OPTION = re.compile(r"[ \t]*\(([A-Z])\)[ \t]*(.*)")
_LETTERS_ONLY = re.compile(r"[A-Z](?:[,\s]+[A-Z])*")
# What a first option may look like in forms that are not read: "A: text", "A. text", "A) text", "(A) text".
_UNREAD_OPTION = re.compile(r"(?:^|\s)\(?A(?:\)|\s?:|\.)\s")


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the files in `folder` and a reject for each row that makes none.

    Raises:
        InputError: a file is no JSON array, or none of its rows makes a record: the release has another form.
    """
    for file, path in files_to_read(folder, source):
        first: list[Any] = []
        reasons: Counter[str] = Counter()
        made = 0
        for item in convert(source, _rows(path, first), partial(_record, source, file), None):
            if isinstance(item, Reject):
                reasons[item.reason] += 1
            else:
                made += 1
            yield item
        if not made:
            reason, count = reasons.most_common(1)[0]
            raise InputError(
                f"{path}: no row makes a record ({reason}: {count} of {reasons.total()}); "
                f"found {_shape(first[0])} in the first row, expected {_FORMS}"
            )


def _rows(path: Path, first: list[Any]) -> Iterator[Row]:
    """Yield the rows, a bare list of messages as an object that holds it; the first is put into `first`, too."""
    for row in read_json_array(path):
        if not first:
            first.append(row.values)
        yield replace(row, values={"messages": row.values}) if isinstance(row.values, list) else row


def _shape(values: Any) -> str:
    if not isinstance(values, dict):
        return type_name(values)
    return f"the key(s) {', '.join(values)[:200]}" if values else "an object without keys"


def _record(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    if "messages" in row:
        prompt, answer = _from_messages(row)
        context = None
    elif "instruction" in row:
        prompt, answer = text_of(row, "instruction"), _answer(value_of(row, "answer"))
        context = optional_text_of(row, "context")
    else:
        raise InvalidRecord(f"unknown form of a row, expected {_FORMS}")
    marker = _last(_MARKER, prompt)
    if marker is None:
        _require_no_options(row, prompt, answer)
        return open_record(source, file, None, prompt, answer, context=context)
    question = _TASK_LINE.sub("", prompt[: marker.start()].rstrip()).strip()
    options = _options(prompt[marker.end() :])
    _require_classes(row, len(options))
    return choice_record(source, file, None, question, options, _indices(answer, len(options)), context=context)


def _from_messages(row: Mapping[str, Any]) -> tuple[str, str]:
    """Return what the user says, and the answer."""
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
    if "answer" in row:
        return text_of(said["user"], "content"), _answer(row["answer"])
    if "assistant" not in said:
        raise InvalidRecord("neither a key answer nor a message of the assistant")
    return text_of(said["user"], "content"), text_of(said["assistant"], "content", "the assistant's message")


def _answer(value: Any) -> str:
    """Return an answer as a text; a list of letters is joined."""
    if isinstance(value, list) and value:
        value = ", ".join(text_of({"answer": part}, "answer") for part in value)
    return text_of({"answer": value}, "answer")


def _last(pattern: re.Pattern[str], text: str) -> re.Match[str] | None:
    found = list(pattern.finditer(text))
    return found[-1] if found else None


def _options(text: str) -> list[str]:
    """Return the options of the lines after the marker; a line without the next letter continues the one before."""
    options: list[str] = []
    for line in text.strip("\n").split("\n"):
        match = _OPTION.fullmatch(line)
        if match and len(options) < len(LETTERS) and match[1] == LETTERS[len(options)]:
            options.append(match[2])
        elif options:
            options[-1] += f"\n{line}"
        elif line.strip():
            raise InvalidRecord("the options are not lines (A), (B), ... after 'Choix de réponses :'")
    options = [option.strip() for option in options]
    if "" in options:
        raise InvalidRecord(f"option {LETTERS[options.index('')]} is empty")
    return options


def _indices(answer: str, count: int) -> list[int]:
    """Return the positions of the letters of an answer such as "A, C"."""
    if not _LETTERS_ONLY.fullmatch(answer):
        raise InvalidRecord("the answer to a question with options is not letters such as 'A, C'")
    indices = [LETTERS.index(letter) for letter in re.findall(r"[A-Z]", answer)]
    if len(set(indices)) < len(indices):
        raise InvalidRecord("the answer names a letter twice")
    beyond = [index for index in indices if index >= count]
    if beyond:
        raise InvalidRecord(f"the answer {LETTERS[beyond[0]]} is beyond the {count} options")
    return indices


def _require_classes(row: Mapping[str, Any], count: int) -> None:
    classes = row.get("classes")
    if classes and classes != list(LETTERS[:count]):
        raise InvalidRecord(f"classes is not the letters of the {count} options in the prompt")


def _require_no_options(row: Mapping[str, Any], prompt: str, answer: str) -> None:
    """Raise InvalidRecord for a choice question whose options are in a form that is not read."""
    if row.get("classes") or (_LETTERS_ONLY.fullmatch(answer) and _UNREAD_OPTION.search(prompt)):
        raise InvalidRecord("options in an unknown form, expected lines (A), (B), ... after 'Choix de réponses :'")
