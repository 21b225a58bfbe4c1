"""S-Editions: question-answer pairs from a French publisher for medical students (526 in the paper, section 3.2).

Upstream publishes no file, so the format is this project's own, described in docs/s-editions-format.md: a JSON array of
objects with `question`, and either `options` with `correct` or `answer`; `id`, `context` and `specialty` are optional.
"""

from collections.abc import Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

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
from medinjection.sources.options.lettered_options import letter_indices
from medinjection.sources.reading.file_formats import read_json_array, require_keys, type_name
from medinjection.sources.registry import Source, SourceFile

_KEYS = ("id", "question", "context", "options", "correct", "answer", "specialty")


def read(folder: Path, source: Source) -> Iterator[RawItem]:
    """Yield the records of the file in `folder` and a reject for each row that makes none."""
    for file, path in files_to_read(folder, source):
        rows = require_keys(path, read_json_array(path), ["question"])
        yield from convert(source, rows, partial(_record, source, file), "id")


def _record(source: Source, file: SourceFile, row: Mapping[str, Any]) -> Record:
    unknown = sorted(key for key in row if key not in _KEYS)
    if unknown:
        raise InvalidRecord(f"unknown key {unknown[0]!r}, expected only {', '.join(_KEYS)}")
    common: dict[str, Any] = {
        "upstream_id": optional_text_of(row, "id"),
        "question": text_of(row, "question"),
        "specialty_raw": optional_text_of(row, "specialty"),
        "context": optional_text_of(row, "context"),
    }
    is_choice, is_open = (
        any(row.get(key) is not None for key in keys) for keys in (("options", "correct"), ("answer",))
    )
    if is_choice and is_open:
        raise InvalidRecord("options or correct, and answer too: expected one or the other")
    if not is_choice and not is_open:
        raise InvalidRecord("neither options with correct nor answer")
    if is_open:
        return open_record(source, file, answer=text_of(row, "answer"), **common)
    options = _list_of(row, "options")
    if len(options) > len(LETTERS):
        raise InvalidRecord(f"more than {len(LETTERS)} options")
    texts = [text_of({"option": option}, "option", f"option {LETTERS[i]}") for i, option in enumerate(options)]
    correct = letter_indices(_list_of(row, "correct"), len(texts), "correct")
    return choice_record(source, file, options=texts, answer_indices=correct, **common)


def _list_of(row: Mapping[str, Any], key: str) -> list[Any]:
    value = value_of(row, key)
    if not isinstance(value, list):
        raise InvalidRecord(f"{key} is {type_name(value)}, expected a list of texts")
    return value
